import { expect, test } from 'vitest';
import { inBatches } from './batches.ts';

/** Gives for item i: its score 10 i, and a map of two values; surplus places of the last batch hold -1. */
function run(items: number, batchSize: number) {
  const starts: number[] = [];
  const found = inBatches(items, batchSize, async (start) => {
    starts.push(start);
    const places = Array.from({ length: batchSize }, (_, i) => (start + i < items ? start + i : -1));
    return {
      score: Float32Array.from(places, (i) => (i < 0 ? -1 : 10 * i)),
      map: Float32Array.from(places.flatMap((i) => [i, i + 0.5])),
    };
  });
  return { found, starts };
}

test('joins the results of all batches and drops the surplus of the last', async () => {
  const { found, starts } = run(5, 2);
  const results = await found;
  expect(starts).toEqual([0, 2, 4]);
  expect(results?.get('score')).toEqual(Float32Array.of(0, 10, 20, 30, 40));
  expect(results?.get('map')).toEqual(Float32Array.of(0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5));
});

test('takes fewer items than a batch, exactly whole batches, and none', async () => {
  expect((await run(1, 4).found)?.get('score')).toEqual(Float32Array.of(0));
  expect((await run(4, 2).found)?.get('score')).toEqual(Float32Array.of(0, 10, 20, 30));
  expect((await run(0, 2).found)?.size).toBe(0);
});

test('stops where a batch gives nothing', async () => {
  const starts: number[] = [];
  const found = await inBatches(6, 2, async (start) => {
    starts.push(start);
    return start === 2 ? null : { score: Float32Array.of(1, 2) };
  });
  expect(found).toBeNull();
  expect(starts).toEqual([0, 2]);
});
