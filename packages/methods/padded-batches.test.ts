import { expect, test } from 'vitest';
import { paddedBatches } from './padded-batches.ts';

test('every image comes once and in order, and zeros fill the last batch up', () => {
  const found = [];
  for (const { batch, ...place } of paddedBatches(Float32Array.of(1, 2, 3, 4, 5, 6), 2, 2))
    found.push({ batch: [...batch], ...place });
  expect(found).toEqual([
    { batch: [1, 2, 3, 4], start: 0, done: 2 },
    { batch: [5, 6, 0, 0], start: 2, done: 3 },
  ]);
});
