import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeSafetensors } from '@ddad/storage/safetensors';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ScoreFiles } from './score-files.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ddad-score-files-'));
});
afterAll(() => rm(directory, { recursive: true }));

/** Of image i: score 10 i, and a map of four values; surplus places of the last batch hold -1. */
function batch(start: number, size: number, count: number) {
  const places = Array.from({ length: size }, (_, i) => (start + i < count ? start + i : -1));
  return {
    score: Float32Array.from(places, (i) => (i < 0 ? -1 : 10 * i)),
    'map.one': Float32Array.from(places.flatMap((i) => [i, i + 0.25, i + 0.5, i + 0.75])),
  };
}

async function write(count: number, size: number) {
  const files = await ScoreFiles.create({ directory, count, side: 2, maps: ['one'] });
  for (let start = 0; start < count; start += size)
    await files.add(batch(start, size, count), Math.min(size, count - start));
  const paths = await files.close();
  // As whoever calls it does in any case.
  await files.discard();
  const read = async (path: string) => decodeSafetensors(await readFile(path)).tensors;
  return { scores: await read(paths.scores), maps: await read(paths.maps) };
}

test('joins the results of all batches and drops the surplus of the last', async () => {
  const { scores, maps } = await write(5, 2);
  expect([...scores]).toEqual([['score', { shape: [5], data: Float32Array.of(0, 10, 20, 30, 40) }]]);
  const values = Float32Array.from({ length: 20 }, (_, i) => i / 4);
  expect([...maps]).toEqual([['one', { shape: [5, 2, 2], data: values }]]);
});

test('takes fewer images than a batch, and exactly whole batches', async () => {
  expect((await write(1, 4)).scores.get('score')!.data).toEqual(Float32Array.of(0));
  expect((await write(4, 2)).scores.get('score')!.data).toEqual(Float32Array.of(0, 10, 20, 30));
});

test('refuses to end before all images are there, and leaves nothing of what was given up', async () => {
  const place = await mkdtemp(join(directory, 'short-'));
  const files = await ScoreFiles.create({ directory: place, count: 3, side: 2, maps: ['one'] });
  await files.add(batch(0, 2, 3), 2);
  await expect(files.close()).rejects.toThrow('one: expected 3 rows, got 2');
  const stopped = await ScoreFiles.create({ directory: place, count: 3, side: 2, maps: ['one'] });
  await stopped.add(batch(0, 2, 3), 2);
  await stopped.discard();
  expect(await readdir(place)).toEqual([]);
});
