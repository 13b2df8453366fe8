import { randomStream, tf } from '@ddad/compute';
import { initialise, residualEncoderDecoder } from '@ddad/models';
import { expect, test } from 'vitest';
import { networkMapMaker } from './make-maps.ts';
import { binaryCrossEntropy, networkStep } from './train-network.ts';

test('the loss is the mean cross-entropy of labels between 0 and 1, and finite where the network is sure', () => {
  const [logits, labels] = [
    [0, 2, -3, 200, -200],
    [1, 0.25, 0.6, 1, 1],
  ];
  // −y·log p − (1 − y)·log(1 − p), p = 1/(1 + e^−z); of z = −200 and y = 1 it is 200.
  const byHand = (z: number, y: number) => {
    const p = 1 / (1 + Math.exp(-z));
    return -y * Math.log(p) - (1 - y) * Math.log(1 - p);
  };
  const sum = byHand(0, 1) + byHand(2, 0.25) + byHand(-3, 0.6) + 0 + 200;
  tf.tidy(() => {
    const [loss] = binaryCrossEntropy(tf.tensor(logits!), tf.tensor(labels!)).dataSync();
    expect(loss! / (sum / 5)).toBeCloseTo(1, 5);
  });
});

test('trains the same as a graph and eagerly, its rate falls by the epoch, and it leaves no tensor behind', () => {
  const form = { imageSize: 32, batchSize: 2, learningRate: 0.01, epochs: 2 };
  const images = new Float32Array(2 * 32 * 32);
  randomStream(4, 'images').fillUniform(0, 1, images);
  const labels = images.map((value) => (value > 0.8 ? 1 : 0));
  const tensors = tf.memory().numTensors;
  const steps = (['graph', 'eager'] as const).map((mode) => networkStep(form, 2, { mode }));
  try {
    const losses = steps.map((step) => {
      step.write(initialise(residualEncoderDecoder().parameters, 1));
      return [0, 1, 2].map(() => step.run('find', { images, labels }).loss);
    });
    losses[0]!.forEach((loss, i) => {
      expect(Math.abs(loss / losses[1]![i]! - 1), `step ${i + 1}: ${loss}`).toBeLessThan(1e-3);
    });
    expect(losses[0]![2]).toBeLessThan(losses[0]![0]!);
  } finally {
    for (const step of steps) step.dispose();
  }
  expect(tf.memory().numTensors).toBe(tensors);
});

test('maps are the same as a graph and eagerly, between 0 and 1, and of an image alone', async () => {
  const weights = initialise(residualEncoderDecoder().parameters, 1);
  const side = 32;
  const images = new Float32Array(32 * side * side);
  randomStream(5, 'images').fillUniform(-1, 1, images);
  const makers = (['graph', 'eager'] as const).map((mode) => networkMapMaker(weights, side, mode));
  try {
    const [graph, eager] = await Promise.all(makers.map((maker) => maker.make(images, async () => true)));
    const maps = graph!['map.predicted']!;
    expect(maps).toHaveLength(images.length);
    maps.forEach((value, at) => {
      expect(Math.abs(value - eager!['map.predicted']![at]!)).toBeLessThan(1e-5);
    });
    expect(Math.min(...maps)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...maps)).toBeLessThanOrEqual(1);
    const own = maps.subarray(0, side * side);
    expect(graph!.predicted![0]).toBeCloseTo(own.reduce((sum, value) => sum + value, 0) / own.length, 5);
    const alone = await makers[0]!.make(
      images.map((value, at) => (at < side * side ? value : 0)),
      async () => true,
    );
    expect(alone!['map.predicted']!.subarray(0, side * side)).toEqual(own);
  } finally {
    for (const maker of makers) maker.dispose();
  }
});
