import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatasetIndex } from '@ddad/contract';
import { datasetDigest } from '@ddad/dataset';
import { DatasetCache, type ObjectStore, putDataset } from '@ddad/storage';

/** The smallest that methods take. */
const imageSize = 64;

type Parts = Partial<
  Pick<DatasetIndex, 'train' | 'unlabeled' | 'test' | 'validation' | 'masks' | 'patients'>
>;

/** Pixels differ by position. */
function packed(side: number, parts: Parts) {
  const index: DatasetIndex = {
    format: 1,
    imageSize: side,
    images: Array.from({ length: 16 }, (_, position) => `${position}.png`),
    train: [0, 1, 2, 3, 4, 5],
    unlabeled: { labels: 'known', normal: [6, 7], abnormal: [8, 9, 10] },
    test: { labels: 'known', normal: [11, 12], abnormal: [13, 14] },
    validation: [],
    copies: [],
    synthetic: true,
    ...parts,
  };
  const pixels = Uint8Array.from({ length: 16 * side ** 2 }, (_, at) => Math.floor(at / side ** 2));
  const masks = parts.masks && { masks: new Uint8Array(parts.masks.images.length * side ** 2) };
  return { index, pixels, digest: datasetDigest(index, pixels), ...masks };
}

/** Stores a tiny dataset: 6 normal training images, and as many others as asked for. */
export async function addDataset(
  store: ObjectStore,
  name: string,
  parts: Parts = {},
): Promise<{ digest: string }> {
  return putDataset(store, { name, ...packed(imageSize, parts) });
}

/** Stores the same at several sizes. @returns their digests */
export async function addPackings(
  store: ObjectStore,
  name: string,
  sizes: readonly number[],
): Promise<string[]> {
  const [first, ...others] = sizes.map((size) => packed(size, {}));
  await putDataset(store, { name, ...first!, others });
  return [first!, ...others].map(({ digest }) => digest);
}

let cacheDirectory: string | null = null;

/** A cache of datasets on disk; it is gone with the process. */
export function datasetCache(store: ObjectStore): DatasetCache {
  if (cacheDirectory === null) {
    const made = mkdtempSync(join(tmpdir(), 'ddad-datasets-'));
    process.once('exit', () => rmSync(made, { recursive: true, force: true }));
    cacheDirectory = made;
  }
  return new DatasetCache(store, cacheDirectory);
}
