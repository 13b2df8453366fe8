import { expect, test } from 'vitest';
import { classBatches } from './class-batches.ts';

const side = 8;
const area = side * side;
const [count, batchSize] = [5, 2];
/** Image n has waves about a mean of its own, so that a jittered one is told by its mean. */
const images = Float32Array.from({ length: count * area }, (_, i) => {
  const image = Math.floor(i / area);
  return -0.8 + 0.4 * image + 0.05 * Math.sin(i);
});

function batch(step: number, seed = 1): Float32Array {
  const target = new Float32Array(3 * batchSize * area).fill(Number.NaN);
  classBatches({ images, side, seed, batchSize })(step, target);
  return target;
}
const pictures = (of: Float32Array) =>
  Array.from({ length: 3 * batchSize }, (_, at) => of.subarray(at * area, (at + 1) * area));

test('a batch has every image in all classes, those of a class behind one another', () => {
  for (const step of [0, 1, 2]) {
    const made = pictures(batch(step));
    for (let at = 0; at < batchSize; at += 1) {
      const [original, patch, scar] = [0, 1, 2].map((label) => made[label * batchSize + at]!);
      for (const pasted of [patch!, scar!]) {
        // Most of an image stays what it was.
        const same = [...pasted.keys()].filter((pixel) => pasted[pixel] === original![pixel]).length;
        expect(same).toBeGreaterThan(0.75 * area);
      }
      expect(original!.every((value) => value >= -1 && value <= 1)).toBe(true);
    }
  }
});

test('takes each image once at most in a pass, without what is left of a batch', () => {
  const imageOf = (pixels: Float32Array) => {
    const mean = pixels.reduce((sum, value) => sum + value, 0) / area;
    return Math.round((mean + 0.8) / 0.4);
  };
  // Two steps a pass: five images in batches of two.
  const seen = [0, 1].flatMap((step) => pictures(batch(step)).slice(0, batchSize).map(imageOf));
  expect(new Set(seen).size).toBe(4);
});

test('is a function of seed, pass and image', () => {
  expect(batch(3)).toEqual(batch(3));
  expect(batch(3, 2)).not.toEqual(batch(3));
  const writer = classBatches({ images, side, seed: 1, batchSize });
  const target = new Float32Array(3 * batchSize * area);
  // Whatever was asked for before.
  for (const step of [7, 0, 3]) writer(step, target);
  expect(target).toEqual(batch(3));
});
