import { expect, test } from 'vitest';
import { anomalyExamples, type Examples } from './examples.ts';

const side = 32;
const area = side * side;
const [count, batchSize] = [5, 2];
const images = Float32Array.from({ length: count * area }, (_, i) => -0.8 + 0.4 * Math.floor(i / area));

function batch(step: number, seed = 1): Examples {
  const pixels = () => new Float32Array(batchSize * area).fill(Number.NaN);
  const target: Examples = { images: pixels(), augmented: pixels(), masks: pixels() };
  anomalyExamples({ images, side, seed, batchSize })(step, target);
  return target;
}

test('gives grey values in 0 to 1, each image once at most in an epoch', () => {
  const seen = [0, 1].flatMap((step) => {
    const made = batch(step);
    for (const values of Object.values(made))
      expect(values.every((value) => value >= 0 && value <= 1)).toBe(true);
    return [0, 1].map((at) => Math.round(10 * Math.max(...made.images.subarray(at * area, (at + 1) * area))));
  });
  expect(new Set(seen).size).toBe(4);
});

test('is a function of seed, epoch and image', () => {
  expect(batch(3)).toEqual(batch(3));
  expect(batch(3, 2)).not.toEqual(batch(3));
  const pixels = () => new Float32Array(batchSize * area);
  const target: Examples = { images: pixels(), augmented: pixels(), masks: pixels() };
  const write = anomalyExamples({ images, side, seed: 1, batchSize });
  // Whatever was asked for before.
  for (const step of [7, 0, 3]) write(step, target);
  expect(target).toEqual(batch(3));
});
