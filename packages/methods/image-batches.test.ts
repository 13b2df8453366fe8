import { expect, test } from 'vitest';
import { imageBatches } from './image-batches.ts';

/** Five images of one pixel, whose value is their number. */
const images = Float32Array.of(0, 1, 2, 3, 4);

function batches(seed: number, count: number): number[][] {
  const write = imageBatches({ images, side: 1, seed, batchSize: 2 });
  return Array.from({ length: count }, (_, step) => {
    const target = new Float32Array(2);
    write(step, target);
    return [...target];
  });
}

test('every pass has an order of its own, no image twice, and leaves out what makes no whole batch', () => {
  const all = batches(1, 8);
  const passes = [0, 2, 4, 6].map((first) => all.slice(first, first + 2).flat());
  for (const pass of passes) expect(new Set(pass).size).toBe(4);
  expect(new Set(passes.map(String)).size).toBeGreaterThan(1);
  // Whoever is left over in one pass is not always the same.
  expect(new Set(passes.flat()).size).toBe(5);
});

test('a batch follows from seed and step alone', () => {
  const write = imageBatches({ images, side: 1, seed: 1, batchSize: 2 });
  const target = new Float32Array(2);
  write(5, target);
  expect([...target]).toEqual(batches(1, 6)[5]);
  expect(batches(2, 8)).not.toEqual(batches(1, 8));
});
