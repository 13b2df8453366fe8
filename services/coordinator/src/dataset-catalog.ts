import { createHash, type Hash } from 'node:crypto';
import type {
  DataPart,
  DatasetIndex,
  DatasetRecord,
  Fault,
  ImageSet,
  RunData,
  WeightsRecord,
} from '@ddad/contract';
import { type ImageChoice, selectTrainingImages, testImages } from '@ddad/dataset';
import { digestImages } from '@ddad/dataset/digest';
import {
  type DatasetCache,
  listDatasets,
  listWeights,
  type ObjectStore,
  readDatasetIndex,
  readDatasetRecord,
  readWeightsRecord,
} from '@ddad/storage';
import { LRUCache } from 'lru-cache';

/** What of a run's input chooses its images; fields that have their default are left out. */
export type Selection = ImageChoice;

/** Positions of a run's images in the packed dataset. */
export interface RunImages {
  imageSize: number;
  /** D_n, in training order. */
  normal: number[];
  /** D_u, in training order; empty in the one-class mode. */
  unlabeled: number[];
  /** Normal first, then abnormal; empty where there are none. */
  test: number[];
  /** Normal images that nothing is trained on; empty where there are none. */
  heldOut: number[];
  /** Whether the test images are known to hold both classes, so that scores can be judged. */
  judged: boolean;
  /** Digest of the test images' masks; absent where there are none. */
  masks?: string;
}

/** Images that show what scores mean: the held-out normal images, then D_u. Empty where none are held out. */
export function referenceImages({ heldOut, unlabeled }: RunImages): number[] {
  return heldOut.length === 0 ? [] : [...heldOut, ...unlabeled];
}

/** The positions of one of a run's sets of images, in order. */
export function setOf(images: RunImages, set: ImageSet): number[] {
  switch (set) {
    case 'normal':
      return images.normal;
    case 'training':
      return [...images.normal, ...images.unlabeled];
    case 'test':
      return images.test;
    case 'reference':
      return referenceImages(images);
  }
}

/** SHA-256 over pixels, in order. */
export interface ImageDigests {
  normal: string;
  /** Over D_n, then D_u; null in the one-class mode. */
  normalAndUnlabeled: string | null;
  /** Null without test images. */
  test: string | null;
  /** Over the held-out normal images, then D_u; null where none are held out. */
  reference: string | null;
}

/**
 * Looks datasets and pretrained weights up, keeping what it found in memory: content under a digest never changes. Pixels stay on disk, and a few
 * MiB of them are in memory at a time.
 *
 * A digest over images is that of their bytes one after the other, so that it cannot be put together from digests of single
 * images. What selections have in common is read once a dataset all the same: D_n, the held-out images and the test images
 * depend on `calibration` alone, or on nothing, and the state of their digests is kept. A further selection reads its D_u,
 * once for both digests that end with it.
 */
export class DatasetCatalog {
  readonly #store: ObjectStore;
  readonly #cache: Pick<DatasetCache, 'pixels'>;
  readonly #indexes = new LRUCache<string, Promise<DatasetIndex>>({ max: 8 });
  readonly #digests = new LRUCache<string, Promise<ImageDigests>>({ max: 64 });
  /** Digests under way, over lists that several selections begin with. */
  readonly #begun = new LRUCache<string, Promise<Hash>>({ max: 64 });

  /** @param cache gives the file of a dataset's pixels */
  constructor(store: ObjectStore, cache: Pick<DatasetCache, 'pixels'>) {
    this.#store = store;
    this.#cache = cache;
  }

  /** @returns null where no dataset has this name. */
  record(name: string): Promise<DatasetRecord | null> {
    return readDatasetRecord(this.#store, name);
  }

  async names(): Promise<string[]> {
    return (await listDatasets(this.#store)).map(({ name }) => name);
  }

  /** Pretrained weights; null where none have this name. */
  weights(name: string): Promise<WeightsRecord | null> {
    return readWeightsRecord(this.#store, name);
  }

  async weightsNames(): Promise<string[]> {
    return (await listWeights(this.#store)).map(({ name }) => name);
  }

  /** A run's images, or every fault of the selection. */
  async images(digest: string, selection: Selection): Promise<RunImages | { faults: Fault[] }> {
    const index = await this.#index(digest);
    if (index.channels !== undefined) {
      const came = `one of ${index.channels} channels: add it again without --channels ${index.channels}`;
      return { faults: [{ path: 'dataset', message: `expected a grey packing, got ${came}` }] };
    }
    const selected = selectTrainingImages(index, selection);
    if ('faults' in selected) return selected;
    const { images, labels } = testImages(index);
    return {
      imageSize: index.imageSize,
      ...selected,
      test: images,
      judged: new Set(labels ?? []).size === 2,
      ...(index.masks === undefined ? {} : { masks: index.masks.digest }),
    };
  }

  /** How many images of what kind a run is made of. */
  async data(digest: string, { normal, unlabeled, heldOut, test }: RunImages): Promise<RunData> {
    const index = await this.#index(digest);
    return {
      normal: dataPart(index, normal, []),
      unlabeled: dataPart(index, unlabeled, abnormalOf(index.unlabeled)),
      heldOut: dataPart(index, heldOut, []),
      test: dataPart(index, test, abnormalOf(index.test)),
    };
  }

  /** Digests of a run's images; reads what of the dataset's pixels no selection before has read. */
  digests(digest: string, selection: Selection, images: RunImages): Promise<ImageDigests> {
    const { unlabeled = null, anomalousRate = null, calibration = 0 } = selection;
    const key = JSON.stringify([digest, unlabeled, anomalousRate, calibration]);
    return shared(this.#digests, key, async () => {
      const { imageSize, normal, unlabeled, heldOut, test } = images;
      const path = await this.#cache.pixels(digest, await this.#index(digest));
      // One after the other: side by side they would wait for the same disk, with a buffer each.
      const ofNormal = await this.#digestOf(digest, path, imageSize, normal);
      const ofTest = await this.#digestOf(digest, path, imageSize, test);
      const ofHeldOut = await this.#digestOf(digest, path, imageSize, heldOut);
      const [ofBoth, ofReference] = [ofNormal.copy(), ofHeldOut.copy()];
      await digestImages([ofBoth, ofReference], path, imageSize, unlabeled);
      return {
        normal: hexOf(ofNormal),
        normalAndUnlabeled: unlabeled.length === 0 ? null : hexOf(ofBoth),
        test: test.length === 0 ? null : hexOf(ofTest),
        reference: heldOut.length === 0 ? null : hexOf(ofReference),
      };
    });
  }

  #index(digest: string): Promise<DatasetIndex> {
    return shared(this.#indexes, digest, () => readDatasetIndex(this.#store, digest));
  }

  /** The digest over these images, to be gone on with in a copy. */
  #digestOf(digest: string, path: string, imageSize: number, positions: readonly number[]): Promise<Hash> {
    const list = createHash('sha256').update(Uint32Array.from(positions)).digest('hex');
    return shared(this.#begun, `${digest} ${list}`, async () => {
      const hash = createHash('sha256');
      await digestImages([hash], path, imageSize, positions);
      return hash;
    });
  }
}

/** Null where nobody says. */
function abnormalOf(part: DatasetIndex['test']): readonly number[] | null {
  return part.labels === 'known' ? part.abnormal : null;
}

function dataPart(
  { patients }: DatasetIndex,
  images: readonly number[],
  abnormal: readonly number[] | null,
): DataPart {
  const known = new Set(images.flatMap((position) => patients?.[position] ?? []));
  const sick = new Set(abnormal);
  return {
    images: images.length,
    ...(abnormal === null || images.length === 0
      ? {}
      : { abnormal: images.filter((position) => sick.has(position)).length }),
    ...(patients === undefined ? {} : { patients: known.size }),
  };
}

function hexOf(hash: Hash): string {
  return hash.copy().digest('hex');
}

/**
 * The most recently used values; callers who want the same one at the same time share one look-up. A look-up that fails is not kept.
 */
function shared<T>(cache: LRUCache<string, Promise<T>>, key: string, find: () => Promise<T>): Promise<T> {
  const known = cache.get(key);
  if (known !== undefined) return known;
  const found = find();
  cache.set(key, found);
  found.catch(() => {
    if (cache.peek(key) === found) cache.delete(key);
  });
  return found;
}
