import { type DatasetIndex, type DatasetRecord, datasetKeys, datasetNameSchema } from '@ddad/contract';
import { ObjectNotFound, type ObjectStore } from './object-store.ts';

/** A packed dataset on its way into the store. */
export interface PackedDataset {
  name: string;
  index: DatasetIndex;
  /** Unsigned bytes, [images, imageSize, imageSize]. */
  pixels: Uint8Array;
  /** SHA-256 over index and pixels. */
  digest: string;
  /** Default now. */
  addedAt?: Date;
}

/**
 * Stores a packed dataset under its digest, then lets its name stand for it; a name that exists is moved.
 * `counts.copies` of the record counts groups of copies.
 * @throws TypeError on a name that object keys cannot carry, RangeError where pixels and index do not fit together.
 */
export async function putDataset(store: ObjectStore, dataset: PackedDataset): Promise<DatasetRecord> {
  const { index, pixels, digest } = dataset;
  const name = datasetNameSchema.safeParse(dataset.name);
  if (!name.success) {
    throw new TypeError(`dataset name: ${name.error.issues[0]?.message}, got ${dataset.name}`);
  }
  checkSize(pixels, index);
  const record: DatasetRecord = {
    name: dataset.name,
    digest,
    addedAt: (dataset.addedAt ?? new Date()).toISOString(),
    counts: {
      train: index.train.length,
      unlabeled: size(index.unlabeled),
      test: size(index.test),
      validation: index.validation.length,
      copies: index.copies.length,
    },
    synthetic: index.synthetic,
  };
  // The record last: a name never stands for what is not there.
  await store.put(
    datasetKeys.pixels(digest),
    Buffer.from(pixels.buffer, pixels.byteOffset, pixels.byteLength),
  );
  await store.put(datasetKeys.index(digest), JSON.stringify(index));
  await store.put(datasetKeys.record(dataset.name), JSON.stringify(record, null, 2));
  return record;
}

/** @returns null where no dataset has this name. */
export async function readDatasetRecord(store: ObjectStore, name: string): Promise<DatasetRecord | null> {
  try {
    return JSON.parse((await store.get(datasetKeys.record(name))).toString('utf8')) as DatasetRecord;
  } catch (error) {
    if (error instanceof ObjectNotFound) return null;
    throw error;
  }
}

/** All datasets, by name. */
export async function listDatasets(store: ObjectStore): Promise<DatasetRecord[]> {
  const suffix = '.json';
  const prefix = datasetKeys.record('').slice(0, -suffix.length);
  const entries = await store.list(prefix);
  const records = await Promise.all(
    entries.map(({ key }) => readDatasetRecord(store, key.slice(prefix.length, -suffix.length))),
  );
  return records.filter((record) => record !== null).sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** @throws ObjectNotFound where the store holds no dataset of this digest. */
export async function readDatasetIndex(store: ObjectStore, digest: string): Promise<DatasetIndex> {
  const object = datasetKeys.index(digest);
  const index = JSON.parse((await store.get(object)).toString('utf8')) as DatasetIndex;
  if (index.format !== 1) {
    throw new Error(`${object}: expected a dataset index of format 1, got format ${String(index.format)}`);
  }
  return index;
}

/**
 * @returns unsigned bytes, [images, imageSize, imageSize]
 * @throws ObjectNotFound where the store holds no dataset of this digest.
 */
export async function readDatasetPixels(store: ObjectStore, digest: string): Promise<Uint8Array> {
  return store.get(datasetKeys.pixels(digest));
}

function size(part: DatasetIndex['test']): number {
  if (part.labels === 'known') return part.normal.length + part.abnormal.length;
  return part.labels === 'unknown' ? part.images.length : 0;
}

function checkSize(pixels: Uint8Array, index: DatasetIndex): void {
  const expected = index.images.length * index.imageSize ** 2;
  if (pixels.length !== expected) {
    throw new RangeError(
      `pixels: expected ${index.images.length} images of ${index.imageSize}×${index.imageSize}, ${expected} bytes, ` +
        `got ${pixels.length} bytes`,
    );
  }
}
