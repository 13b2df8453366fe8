import {
  type DatasetIndex,
  type DatasetRecord,
  datasetIndexSchema,
  datasetKeys,
  datasetNameSchema,
  datasetRecordSchema,
  defaultImageSize,
  packingsOf,
} from '@ddad/contract';
import { type ObjectEntry, ObjectNotFound, type ObjectReader, type ObjectStore } from './object-store.ts';
import { parseStored } from './stored-json.ts';

/** Images of one size on their way into the store. */
export interface PackedImages {
  index: DatasetIndex;
  /** Unsigned bytes, [images, imageSize, imageSize], of colours [..., 3]. */
  pixels: Uint8Array;
  /** A byte a pixel, 1 inside and 0 outside, [masks, imageSize, imageSize]; present where the index has `masks`. */
  masks?: Uint8Array;
  /** SHA-256 over index and pixels. */
  digest: string;
}

/** A packed dataset on its way into the store. */
export interface PackedDataset extends PackedImages {
  name: string;
  /** The same images at other sizes. */
  others?: readonly PackedImages[];
  /** Default now. */
  addedAt?: Date;
  separations?: DatasetRecord['separations'];
  sourceSeparations?: DatasetRecord['sourceSeparations'];
}

/**
 * Stores a packed dataset under its digests, one a size, then lets its name stand for them; a name that exists is moved.
 * `counts.copies` of the record counts groups of copies.
 * @throws TypeError on a name that object keys cannot carry, RangeError where pixels and index do not fit together, or a
 * size comes twice, MalformedObject on an index or digest that could not be read again. Nothing is stored then.
 */
export async function putDataset(store: ObjectStore, dataset: PackedDataset): Promise<DatasetRecord> {
  const name = datasetNameSchema.safeParse(dataset.name);
  if (!name.success) {
    throw new TypeError(`dataset name: ${name.error.issues[0]?.message}, got ${dataset.name}`);
  }
  const all = [dataset, ...(dataset.others ?? [])].sort((a, b) => a.index.imageSize - b.index.imageSize);
  for (const one of all) checkSizes(one);
  const sizes = all.map(({ index }) => index.imageSize);
  if (new Set(sizes).size < sizes.length) {
    throw new RangeError(`expected images of different sizes, got ${sizes.join(', ')}`);
  }
  const { index, digest } = all.find((one) => one.index.imageSize === defaultImageSize) ?? all[0]!;
  const record: DatasetRecord = {
    name: dataset.name,
    digest,
    packings: all.map((one) => ({ imageSize: one.index.imageSize, digest: one.digest })),
    addedAt: (dataset.addedAt ?? new Date()).toISOString(),
    counts: {
      train: index.train.length,
      unlabeled: size(index.unlabeled),
      test: size(index.test),
      validation: index.validation.length,
      copies: index.copies.length,
    },
    synthetic: index.synthetic,
    ...(dataset.separations === undefined || dataset.separations.length === 0
      ? {}
      : { separations: dataset.separations }),
    ...(dataset.sourceSeparations === undefined || dataset.sourceSeparations.length === 0
      ? {}
      : { sourceSeparations: dataset.sourceSeparations }),
  };
  const recordText = JSON.stringify(record, null, 2);
  // What could not be read again is not stored.
  parseStored(datasetRecordSchema, datasetKeys.record(dataset.name), Buffer.from(recordText));
  for (const one of all) {
    parseStored(datasetIndexSchema, datasetKeys.index(one.digest), Buffer.from(JSON.stringify(one.index)));
  }
  // The record last: a name never stands for what is not there.
  for (const one of all) {
    await store.put(datasetKeys.pixels(one.digest), bytesOf(one.pixels));
    if (one.masks !== undefined) await store.put(datasetKeys.masks(one.digest), bytesOf(one.masks));
    await store.put(datasetKeys.index(one.digest), JSON.stringify(one.index));
  }
  await store.put(datasetKeys.record(dataset.name), recordText);
  return record;
}

/**
 * @returns null where no dataset has this name.
 * @throws MalformedObject where the store holds something else than a record
 */
export async function readDatasetRecord(
  store: Pick<ObjectReader, 'get'>,
  name: string,
): Promise<DatasetRecord | null> {
  const object = datasetKeys.record(name);
  try {
    return parseStored(datasetRecordSchema, object, await store.get(object));
  } catch (error) {
    if (error instanceof ObjectNotFound) return null;
    throw error;
  }
}

/**
 * Takes a dataset's name away, and what is packed under it unless another name stands for the same.
 * @returns what the name stood for; null where no dataset has it
 * @throws MalformedObject where the store holds something else than a record under any dataset's name: nothing is removed then
 */
export async function removeDataset(store: ObjectStore, name: string): Promise<DatasetRecord | null> {
  const all = await listDatasets(store);
  const record = all.find((one) => one.name === name);
  if (record === undefined) return null;
  const kept = digestsOf(all.filter((one) => one !== record));
  const gone = [...digestsOf([record])].filter((digest) => !kept.has(digest));
  // The record first: a name never stands for what is not there.
  await store.remove([datasetKeys.record(name)]);
  await store.remove(gone.flatMap(packingKeys));
  return record;
}

/** Digests of all that datasets stand for: of each size. */
export function digestsOf(records: readonly DatasetRecord[]): Set<string> {
  return new Set(records.flatMap((one) => [one.digest, ...packingsOf(one).map(({ digest }) => digest)]));
}

/** Object keys of packed images of one size; masks are there of some. */
function packingKeys(digest: string): string[] {
  const { index, pixels, masks } = datasetKeys;
  return [index(digest), pixels(digest), masks(digest)];
}

/** All objects of packed images of one size. */
export interface PackingObjects {
  digest: string;
  files: ObjectEntry[];
}

const digestForm = /^[0-9a-f]{64}$/;

/** Packed images among objects, by their digests; objects that are named otherwise are left out. */
export function packingsAmong(entries: readonly ObjectEntry[]): PackingObjects[] {
  const digestIn = ({ key }: ObjectEntry) => {
    const digest = key.split('/')[1] ?? '';
    return digestForm.test(digest) && packingKeys(digest).includes(key) ? digest : null;
  };
  const groups = Map.groupBy(entries, digestIn);
  return [...groups].flatMap(([digest, files]) => (digest === null ? [] : [{ digest, files }]));
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

/**
 * @throws ObjectNotFound where the store holds no dataset of this digest; MalformedObject where it holds something else
 * than an index of format 1.
 */
export async function readDatasetIndex(
  store: Pick<ObjectReader, 'get'>,
  digest: string,
): Promise<DatasetIndex> {
  const object = datasetKeys.index(digest);
  return parseStored(datasetIndexSchema, object, await store.get(object));
}

/**
 * @returns unsigned bytes, [images, imageSize, imageSize], of colours [..., 3]
 * @throws ObjectNotFound where the store holds no dataset of this digest.
 */
export async function readDatasetPixels(store: ObjectStore, digest: string): Promise<Uint8Array> {
  return store.get(datasetKeys.pixels(digest));
}

function size(part: DatasetIndex['test']): number {
  if (part.labels === 'known') return part.normal.length + part.abnormal.length;
  return part.labels === 'unknown' ? part.images.length : 0;
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Uint8Array) =>
  Buffer.from(buffer, byteOffset, byteLength);

function checkSizes({ pixels, index, masks }: PackedImages): void {
  const { channels = 1 } = index;
  const masked = (index.masks?.images.length ?? 0) * index.imageSize ** 2;
  if ((masks?.length ?? 0) !== masked) {
    throw new RangeError(
      `masks: expected ${index.masks?.images.length ?? 0} of ${index.imageSize}×${index.imageSize}, ${masked} bytes, ` +
        `got ${masks?.length ?? 0} bytes`,
    );
  }
  const expected = index.images.length * index.imageSize ** 2 * channels;
  if (pixels.length !== expected) {
    const size = `${index.imageSize}×${index.imageSize}${channels === 1 ? '' : `×${channels}`}`;
    throw new RangeError(
      `pixels: expected ${index.images.length} images of ${size}, ${expected} bytes, ` +
        `got ${pixels.length} bytes`,
    );
  }
}
