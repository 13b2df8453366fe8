import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DatasetIndex, datasetKeys } from '@ddad/contract';
import { datasetDigest } from '@ddad/dataset/digest';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DatasetCache } from './dataset-cache.ts';
import { putDataset, removeDataset } from './datasets.ts';
import { memoryStore } from './memory-store.testing.ts';
import type { ObjectStore } from './object-store.ts';

const index: DatasetIndex = {
  format: 1,
  imageSize: 2,
  images: ['a.png', 'b.png'],
  train: [0, 1],
  unlabeled: { labels: 'none' },
  test: { labels: 'none' },
  validation: [],
  copies: [],
  synthetic: true,
};
const pixels = Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8]);
const digest = datasetDigest(index, pixels);

let directory: string;
let store: ObjectStore;
let fetches: number;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ddad-cache-'));
  const memory = memoryStore();
  fetches = 0;
  store = {
    ...memory,
    async getToFile(key, path) {
      fetches += 1;
      await memory.getToFile(key, path);
    },
  };
  await putDataset(store, { name: 'two', index, pixels, digest });
});
afterEach(async () => {
  await rm(directory, { recursive: true });
});

const content = async (path: string) => new Uint8Array(await readFile(path));

test('fetches a dataset once, for all that ask and for the next process', async () => {
  const cache = new DatasetCache(store, directory);
  const paths = await Promise.all([cache.pixels(digest), cache.pixels(digest)]);
  expect(new Set([...paths, await cache.pixels(digest)])).toEqual(new Set([paths[0]]));
  expect(await content(paths[0])).toEqual(pixels);
  expect(await new DatasetCache(store, directory).pixels(digest)).toBe(paths[0]);
  expect(fetches).toBe(1);
  expect(await readdir(directory)).toEqual([`${digest}.u8`]);
});

test('verifies with the index that it is given, and needs none from the store then', async () => {
  await store.remove([datasetKeys.index(digest)]);
  expect(await content(await new DatasetCache(store, directory).pixels(digest, index))).toEqual(pixels);
  const other = { ...index, train: [1, 0] };
  await expect(new DatasetCache(store, directory).pixels(digest, other)).rejects.toThrow(
    'expected pixels of',
  );
});

test('fetches anew what is cut short, lost or changed on disk', async () => {
  const cache = new DatasetCache(store, directory);
  const path = await cache.pixels(digest);
  await truncate(path, 5);
  await Promise.all([cache.pixels(digest), cache.pixels(digest)]);
  expect(await content(path)).toEqual(pixels);
  expect(fetches).toBe(2);
  await rm(path);
  await cache.pixels(digest);
  expect(fetches).toBe(3);
  // Of the right length: found by the next process, before any job has read it.
  await writeFile(path, Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 9]));
  await new DatasetCache(store, directory).pixels(digest);
  expect(await content(path)).toEqual(pixels);
  expect(fetches).toBe(4);
});

test('refuses other bytes than the digest names, leaves nothing of them, and takes the right ones later', async () => {
  await store.put(datasetKeys.pixels(digest), Buffer.from(pixels.subarray(0, 4)));
  const cache = new DatasetCache(store, directory);
  await expect(cache.pixels(digest)).rejects.toThrow(`dataset ${digest}: expected pixels of this digest`);
  expect(await readdir(directory)).toEqual([]);
  await store.put(datasetKeys.pixels(digest), Buffer.from(pixels));
  expect(await content(await cache.pixels(digest))).toEqual(pixels);
});

test('keeps what was used within a day, and removes the rest when it fetches something', async () => {
  const [old, recent] = ['old.u8', 'recent.u8'].map((name) => join(directory, name));
  const hoursAgo = (hours: number) => new Date(Date.now() - hours * 3_600_000);
  await writeFile(old!, '');
  await writeFile(recent!, '');
  await utimes(old!, hoursAgo(25), hoursAgo(25));
  await utimes(recent!, hoursAgo(23), hoursAgo(23));
  const cache = new DatasetCache(store, directory);
  const path = await cache.pixels(digest);
  expect([existsSync(old!), existsSync(recent!)]).toEqual([false, true]);
  // Used again: its day starts anew.
  await utimes(path, hoursAgo(25), hoursAgo(25));
  await cache.pixels(digest);
  await new DatasetCache(store, directory).pixels(digest);
  expect(fetches).toBe(1);
});

test('gives the index as a file, whole for whoever reads it, and names one that is missing', async () => {
  const cache = new DatasetCache(store, directory);
  const paths = await Promise.all([cache.index(digest), cache.index(digest)]);
  expect(paths[1]).toBe(paths[0]);
  expect(JSON.parse(await readFile(paths[0], 'utf8'))).toEqual(index);
  expect(await readdir(directory)).toEqual([`${digest}.json`]);
  // Of another form than the pixels: neither stands for the other.
  expect(await content(await cache.pixels(digest))).toEqual(pixels);
  const none = 'f'.repeat(64);
  await expect(cache.index(none)).rejects.toThrow(datasetKeys.index(none));
});

test('gives no pixels of colours: every job takes one byte a pixel', async () => {
  const colours: DatasetIndex = { ...index, channels: 3 };
  const three = new Uint8Array(24);
  const packing = datasetDigest(colours, three);
  await putDataset(store, { name: 'colours', index: colours, pixels: three, digest: packing });
  await expect(new DatasetCache(store, directory).pixels(packing)).rejects.toThrow(
    `dataset ${packing}: expected a grey packing, got one of 3 channels`,
  );
});

test('masks are verified by the index, fetched once, and removed with their dataset', async () => {
  const masks = Uint8Array.from([0, 1, 1, 0]);
  const masked: DatasetIndex = {
    ...index,
    train: [0],
    test: { labels: 'known', normal: [], abnormal: [1] },
    masks: { digest: createHash('sha256').update(masks).digest('hex'), images: [1] },
  };
  const own = datasetDigest(masked, pixels);
  const packed = { name: 'masked', index: masked, pixels, digest: own };
  await expect(putDataset(store, packed)).rejects.toThrow('masks: expected 1 of 2×2, 4 bytes, got 0 bytes');
  await putDataset(store, { ...packed, masks });
  const cache = new DatasetCache(store, directory);
  expect(await cache.masks(digest)).toBeNull();
  const path = await cache.masks(own);
  expect(await content(path!)).toEqual(masks);
  expect(await new DatasetCache(store, directory).masks(own)).toBe(path);
  expect(fetches).toBe(1);
  await writeFile(path!, Uint8Array.from([1, 1, 1, 1]));
  expect(await content((await cache.masks(own))!)).toEqual(masks);
  await store.put(datasetKeys.masks(own), Buffer.from([1, 0, 0, 0]));
  await rm(path!);
  await expect(cache.masks(own)).rejects.toThrow(
    `expected masks of digest ${masked.masks!.digest} in the store`,
  );
  await removeDataset(store, 'masked');
  expect(await store.exists(datasetKeys.masks(own))).toBe(false);
});
