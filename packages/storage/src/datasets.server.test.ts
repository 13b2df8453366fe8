import { type DatasetIndex, datasetKeys } from '@ddad/contract';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startStore } from './chosen-store.testing.ts';
import {
  listDatasets,
  putDataset,
  readDatasetIndex,
  readDatasetPixels,
  readDatasetRecord,
  removeDataset,
} from './datasets.ts';
import { ObjectNotFound, type ObjectStore } from './object-store.ts';
import { createS3Store } from './s3-store.ts';
import type { RunningStore } from './store-server.testing.ts';
import { MalformedObject } from './stored-json.ts';

let running: RunningStore;
let store: ObjectStore;

beforeAll(async () => {
  running = await startStore();
  store = createS3Store(running.config);
});

afterAll(() => running.close());

const index: DatasetIndex = {
  format: 1,
  imageSize: 2,
  images: ['a.png', 'ä.png', 'c.png', 'd.png', 'e.png', 'f.png', 'g.png'],
  train: [0, 1],
  unlabeled: { labels: 'unknown', images: [2] },
  test: { labels: 'known', normal: [3], abnormal: [4, 5] },
  validation: [6],
  copies: [[0, 3]],
  synthetic: true,
};
const pixels = Uint8Array.from({ length: 28 }, (_, i) => i * 9);
const digest = 'd'.repeat(64);

test('gives back what was put, under the name and the digest', async () => {
  const addedAt = new Date('2026-10-01T12:00:00Z');
  const record = await putDataset(store, { name: 'brain', index, pixels, digest, addedAt });
  expect(record).toEqual({
    name: 'brain',
    digest,
    packings: [{ imageSize: 2, digest }],
    addedAt: '2026-10-01T12:00:00.000Z',
    counts: { train: 2, unlabeled: 1, test: 3, validation: 1, copies: 1 },
    synthetic: true,
  });
  expect(await readDatasetRecord(store, 'brain')).toEqual(record);
  expect(await readDatasetIndex(store, digest)).toEqual(index);
  expect([...(await readDatasetPixels(store, digest))]).toEqual([...pixels]);
});

test('lists datasets by name', async () => {
  for (const name of ['zebra', 'a.b', 'a']) await putDataset(store, { name, index, pixels, digest });
  expect((await listDatasets(store)).map((record) => record.name)).toEqual(['a', 'a.b', 'brain', 'zebra']);
});

test('puts only the part of a buffer that is given', async () => {
  const whole = Uint8Array.from({ length: 40 }, (_, i) => i);
  await putDataset(store, { name: 'part', index, pixels: whole.subarray(5, 33), digest: 'e'.repeat(64) });
  expect([...(await readDatasetPixels(store, 'e'.repeat(64)))]).toEqual([...whole.subarray(5, 33)]);
});

test('says that a name or digest is not there', async () => {
  expect(await readDatasetRecord(store, 'none')).toBeNull();
  await expect(readDatasetIndex(store, 'none')).rejects.toThrow(ObjectNotFound);
  await expect(readDatasetPixels(store, 'none')).rejects.toThrow(ObjectNotFound);
});

test('refuses pixels that do not fit the index, and names that keys cannot carry', async () => {
  const short = pixels.subarray(1);
  await expect(putDataset(store, { name: 'short', index, pixels: short, digest })).rejects.toThrow(
    'pixels: expected 7 images of 2×2, 28 bytes, got 27 bytes',
  );
  await expect(putDataset(store, { name: '../x', index, pixels, digest })).rejects.toThrow(/dataset name/);
  expect(await readDatasetRecord(store, 'short')).toBeNull();
});

test('lets a name stand for the same images at several sizes, of which 64 is the usual one', async () => {
  const of = (imageSize: number, name: string) => ({
    index: { ...index, imageSize },
    pixels: new Uint8Array(7 * imageSize ** 2).fill(imageSize),
    digest: name.repeat(64),
  });
  const [large, usual, small] = [of(128, 'a'), of(64, 'b'), of(32, 'c')];
  const record = await putDataset(store, { name: 'sizes', ...large, others: [usual, small] });
  expect(record.digest).toBe(usual.digest);
  expect(record.packings).toEqual([
    { imageSize: 32, digest: small.digest },
    { imageSize: 64, digest: usual.digest },
    { imageSize: 128, digest: large.digest },
  ]);
  for (const { digest, index, pixels } of [large, usual, small]) {
    expect(await readDatasetIndex(store, digest)).toEqual(index);
    expect(await readDatasetPixels(store, digest)).toHaveLength(pixels.length);
  }
  expect((await putDataset(store, { name: 'sizes', ...large })).digest).toBe(large.digest);
  await expect(putDataset(store, { name: 'sizes', ...large, others: [of(128, 'd')] })).rejects.toThrow(
    'expected images of different sizes, got 128, 128',
  );
});

test('refuses what is no index or record, naming the object and every fault', async () => {
  await store.put(datasetKeys.record('torn'), '{"name": "to');
  await expect(readDatasetRecord(store, 'torn')).rejects.toThrow(
    'datasets/names/torn.json: expected JSON in UTF-8, got something else',
  );
  await store.put(datasetKeys.record('torn'), JSON.stringify({ name: 'torn', digest: 'x' }));
  await expect(readDatasetRecord(store, 'torn')).rejects.toThrow(
    /digest: .*; addedAt: .*; counts: .*; synthetic: /,
  );
  await store.remove([datasetKeys.record('torn')]);
  const other = '1'.repeat(64);
  await store.put(datasetKeys.index(other), JSON.stringify({ ...index, train: [7] }));
  const error = await readDatasetIndex(store, other).catch((e: unknown) => e);
  expect(error).toBeInstanceOf(MalformedObject);
  expect((error as Error).message).toBe(
    `datasets/${other}/index.json: train: expected positions below 7, the number of images, got 7`,
  );
});

test('tells the first ten faults of many, and no file name', async () => {
  const other = '2'.repeat(64);
  const images = Array.from({ length: 30 }, (_, i) => (i < 15 ? `secret-${i}.png` : { name: 'secret' }));
  await store.put(datasetKeys.index(other), JSON.stringify({ ...index, images }));
  const message = await readDatasetIndex(store, other).catch((e: unknown) => String(e));
  expect(message).toMatch(/images\.15: .*images\.24: [^;]*; and 5 more$/);
  expect(message).not.toContain('secret');
});

test('keeps fields that it does not know: the digest covers them', async () => {
  const later = { ...index, spacing: [1, 1], unlabeled: { ...index.unlabeled, by: 'a reader' } };
  const other = '3'.repeat(64);
  await store.put(datasetKeys.index(other), JSON.stringify(later));
  expect(await readDatasetIndex(store, other)).toEqual(later);
});

test('stores nothing that could not be read again', async () => {
  const wrong = { ...index, validation: [7] };
  await expect(putDataset(store, { name: 'wrong', index: wrong, pixels, digest })).rejects.toThrow(
    'validation',
  );
  await expect(putDataset(store, { name: 'wrong', index, pixels, digest: 'x' })).rejects.toThrow('digest');
  expect(await store.list('datasets/x')).toEqual([]);
  expect(await readDatasetRecord(store, 'wrong')).toBeNull();
});

test('removes a name, and the images that no other name stands for', async () => {
  const [shared, own] = ['1'.repeat(64), '2'.repeat(64)];
  const large: DatasetIndex = { ...index, imageSize: 4 };
  const others = [{ index: large, pixels: new Uint8Array(7 * 16), digest: own }];
  await putDataset(store, { name: 'removed', index, pixels, digest: shared, others });
  await putDataset(store, { name: 'kept', index, pixels, digest: shared });
  expect((await removeDataset(store, 'removed'))?.name).toBe('removed');
  expect(await readDatasetRecord(store, 'removed')).toBeNull();
  expect(await readDatasetIndex(store, shared)).toEqual(index);
  await expect(readDatasetIndex(store, own)).rejects.toThrow(ObjectNotFound);
  await expect(readDatasetPixels(store, own)).rejects.toThrow(ObjectNotFound);
  expect(await removeDataset(store, 'removed')).toBeNull();
  await removeDataset(store, 'kept');
  expect(await store.exists(datasetKeys.pixels(shared))).toBe(false);
});
