import { open } from 'node:fs/promises';
import type { DatasetIndex } from '@ddad/contract';
import { datasetDigest, imagesDigest } from '@ddad/dataset';
import { type ObjectStore, putDataset, readDatasetPixels } from '@ddad/storage';
import { memoryStore } from '@ddad/storage/testing';
import { beforeEach, expect, test } from 'vitest';
import { DatasetCatalog, type RunImages, type Selection } from './dataset-catalog.ts';
import { addDataset, datasetCache } from './datasets.testing.ts';

let store: ObjectStore;
let digest: string;
/** How often the catalog asked for the pixels' file. */
let asked: number;
let catalog: DatasetCatalog;
let file: string;

beforeEach(async () => {
  store = memoryStore();
  ({ digest } = await addDataset(store, 'tiny', { validation: [15] }));
  const cache = datasetCache(store);
  file = await cache.pixels(digest);
  asked = 0;
  catalog = new DatasetCatalog(store, {
    async pixels(of, index) {
      asked += 1;
      return cache.pixels(of, index);
    },
  });
});

async function chosen(selection: Selection): Promise<RunImages> {
  const images = await catalog.images(digest, selection);
  if ('faults' in images) throw new Error(JSON.stringify(images.faults));
  return images;
}

const digests = async (selection: Selection) => catalog.digests(digest, selection, await chosen(selection));

test.each<Selection>([
  {},
  { unlabeled: 0 },
  { unlabeled: 2, anomalousRate: 0.5 },
  { anomalousRate: 0, unlabeled: 2 },
  { calibration: 0.34 },
  { calibration: 0.5, unlabeled: 0 },
])('digests over a file are those over its images in memory: %j', async (selection) => {
  const pixels = await readDatasetPixels(store, digest);
  const { imageSize, normal, unlabeled, heldOut, test } = await chosen(selection);
  const over = (...positions: number[]) => imagesDigest(pixels, imageSize, positions);
  expect(await digests(selection)).toEqual({
    normal: over(...normal),
    normalAndUnlabeled: unlabeled.length === 0 ? null : over(...normal, ...unlabeled),
    test: over(...test),
    reference: over(...heldOut, ...unlabeled),
  });
});

test('has nothing to digest where a dataset has no such images', async () => {
  const { digest: plain } = await addDataset(store, 'plain', {
    unlabeled: { labels: 'none' },
    test: { labels: 'none' },
  });
  const images = await catalog.images(plain, {});
  if ('faults' in images) throw new Error('no faults were expected');
  expect(await catalog.digests(plain, {}, images)).toEqual({
    normal: expect.stringMatching(/^[0-9a-f]{64}$/),
    normalAndUnlabeled: null,
    test: null,
    reference: null,
  });
});

test('reads a selection once, and of a further one only what is its own', async () => {
  const first = await digests({});
  expect(await digests({})).toBe(first);
  expect(asked).toBe(1);
  const undisturbed = await new DatasetCatalog(store, datasetCache(store)).digests(
    digest,
    { unlabeled: 2 },
    await chosen({ unlabeled: 2 }),
  );
  // Whoever read D_n, the test images or the held-out ones again would find other bytes: normal, test and held-out images are
  // positions 0 to 5, 11 to 14 and 15, of 16 bytes each.
  const disk = await open(file, 'r+');
  for (const position of [0, 1, 2, 3, 4, 5, 11, 12, 13, 14, 15]) {
    await disk.write(new Uint8Array(16).fill(200), 0, 16, position * 16);
  }
  await disk.close();
  expect(await digests({ unlabeled: 2 })).toEqual(undisturbed);
  expect(asked).toBe(2);
});

test('a dataset of colours is refused as what it is', async () => {
  const images = ['a.png', 'b.png'];
  const index: DatasetIndex = {
    format: 1,
    imageSize: 64,
    images,
    train: [0, 1],
    unlabeled: { labels: 'none' },
    test: { labels: 'none' },
    validation: [],
    copies: [],
    synthetic: true,
    channels: 3,
  };
  const pixels = new Uint8Array(2 * 64 * 64 * 3);
  const colours = await putDataset(store, {
    name: 'colours',
    index,
    pixels,
    digest: datasetDigest(index, pixels),
  });
  expect(await catalog.images(colours.digest, {})).toEqual({
    faults: [
      {
        path: 'dataset',
        message: 'expected a grey packing, got one of 3 channels: add it again without --channels 3',
      },
    ],
  });
});

test('says how many images a run is made of, of what kind and of how many patients', async () => {
  // Two images a patient; of the last two images no patient is known.
  const patients = Array.from({ length: 16 }, (_, image) => (image < 14 ? 1 + Math.floor(image / 2) : null));
  const { digest: known } = await addDataset(store, 'known', { validation: [15], patients });
  const all = await catalog.images(known, {});
  if ('faults' in all) throw new Error(JSON.stringify(all.faults));
  // Training images 0 to 5, unlabeled 6 to 10, test 11 to 14 (patients 6 and 7, and one nobody knows), held out 15.
  expect(await catalog.data(known, all)).toEqual({
    normal: { images: 6, abnormal: 0, patients: 3 },
    unlabeled: { images: 5, abnormal: 3, patients: 3 },
    heldOut: { images: 1, abnormal: 0, patients: 0 },
    test: { images: 4, abnormal: 2, patients: 2 },
  });

  const unknown = await addDataset(store, 'unknown', {
    unlabeled: { labels: 'unknown', images: [6, 7] },
    test: { labels: 'none' },
  });
  const some = await catalog.images(unknown.digest, {});
  if ('faults' in some) throw new Error(JSON.stringify(some.faults));
  expect(await catalog.data(unknown.digest, some)).toEqual({
    normal: { images: 6, abnormal: 0 },
    unlabeled: { images: 2 },
    heldOut: { images: 0 },
    test: { images: 0 },
  });
});
