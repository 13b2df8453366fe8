import { tf } from '@ddad/compute';
import { expect, test } from 'vitest';
import { stepMapMaker } from './step-map-maker.ts';

const pixels = Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8);

/** Two images of 2×2 pixels a step, whose map is the image times a weight. */
const maker = (mode: 'graph' | 'eager') =>
  stepMapMaker({
    weights: new Map([['factor', { shape: [1], data: Float32Array.of(10) }]]),
    side: 2,
    batchSize: 2,
    compute(weights, images) {
      const map = tf.mul(images, weights.factor!);
      return { 'map.scaled': map, scaled: tf.mean(map, [1, 2, 3]) };
    },
    mode,
  });

test.each(['graph', 'eager'] as const)('gives the maps and scores of a batch (%s)', async (mode) => {
  const maps = maker(mode);
  try {
    const found = await maps.make(pixels, async () => true);
    expect([...found!['map.scaled']!]).toEqual([10, 20, 30, 40, 50, 60, 70, 80]);
    expect([...found!.scaled!]).toEqual([25, 65]);
  } finally {
    maps.dispose();
  }
});

test('asks once a batch whether it is to go on, and gives nothing where it is not', async () => {
  const maps = maker('graph');
  let asked = 0;
  try {
    const found = await maps.make(pixels, async () => {
      asked += 1;
      return false;
    });
    expect(found).toBeNull();
    expect(asked).toBe(1);
  } finally {
    maps.dispose();
  }
});

test('leaves no tensor behind', () => {
  const before = tf.memory().numTensors;
  maker('eager').dispose();
  maker('graph').dispose();
  expect(tf.memory().numTensors).toBe(before);
});
