import { inferenceStep, type TensorData, tf } from '@ddad/compute';
import { expect, test } from 'vitest';
import { fedImages, residentImages } from './training-images.ts';

/** Four images of 2×2, whose values say which they are. */
const images = () => Float32Array.from({ length: 16 }, (_, i) => Math.floor(i / 4) + (i % 4) / 10);
const order = Uint32Array.of(2, 0, 3, 1);

test.each([
  ['on the device', residentImages],
  ['fed', fedImages],
])('a batch holds the images that come next in the order, %s', (_where, make) => {
  const source = make(images(), 2, 2);
  const weights = new Map<string, TensorData>();
  source.moveInto({
    writeFrozen: (tensors) => {
      for (const [name, tensor] of tensors) weights.set(name, tensor);
    },
  });
  const step = inferenceStep({
    weights,
    inputs: source.inputs,
    // TensorFlow hands no placeholder out as it is.
    compute: (frozen, inputs) => ({ batch: tf.mul(source.batch(inputs, frozen), 1) }),
    mode: 'graph',
  });
  try {
    // Both places of one call, as the loop asks for them.
    const [first, second] = [source.values(order, 0, 0), source.values(order, 2, 1)];
    const all = images();
    const at = (position: number) => [...all.subarray(position * 4, position * 4 + 4)];
    expect([...step.run(first).batch!]).toEqual([...at(2), ...at(0)]);
    expect([...step.run(second).batch!]).toEqual([...at(3), ...at(1)]);
  } finally {
    step.dispose();
  }
});

test('images on the device are in no second copy here', () => {
  const source = residentImages(images(), 2, 2);
  const step = { writeFrozen: () => {} };
  source.moveInto(step);
  expect(() => source.moveInto(step)).toThrow('the images were moved into a step before');
});
