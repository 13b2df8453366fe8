import type { PatchRecipe } from '@ddad/anomaly';
import { expect, it } from 'vitest';
import { type AnomalyBatchesInput, anomalyBatches } from './anomaly-batches.ts';
import { batchesAhead } from './batches-ahead.ts';

const [side, normals, batchSize] = [64, 7, 2];
const area = side * side;
const patches: PatchRecipe = { source: 'other', place: 'resized', blend: 'poisson', label: 'intensity' };
const images = Uint8Array.from(
  { length: normals * area },
  (_, i) => 128 + 100 * Math.sin(i * 0.01 + i / area),
);
const input: AnomalyBatchesInput = { images, side, normals, patches, seed: 9, batchSize };
const empty = () => ({
  images: new Float32Array(batchSize * area),
  labels: new Float32Array(batchSize * area),
});

it('gives the batches that were made one by one, from any step on, with more threads than places are waited for', async () => {
  const write = anomalyBatches(input);
  const ahead = batchesAhead(input, { workers: 2, places: 3, first: 4, last: 15 });
  try {
    for (let step = 4; step < 15; step += 1) {
      const [found, expected] = [empty(), empty()];
      ahead.take(found);
      write(step, expected);
      expect(found).toEqual(expected);
    }
  } finally {
    await ahead.close();
  }
});

it('tells what a thread failed by', async () => {
  const faulty = { ...input, batchSize: 8 };
  const ahead = batchesAhead(faulty, { workers: 1, places: 1, first: 0, last: 5 });
  try {
    expect(() => ahead.take(empty())).toThrow(
      'a thread that makes batches failed: batch size: expected at most the 7 training images, got 8',
    );
  } finally {
    await ahead.close();
  }
});
