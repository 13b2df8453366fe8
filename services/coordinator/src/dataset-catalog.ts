import type { DatasetIndex, DatasetRecord, Fault, ImageSet } from '@ddad/contract';
import { type ImageChoice, imagesDigest, selectTrainingImages, testImages } from '@ddad/dataset';
import {
  listDatasets,
  type ObjectStore,
  readDatasetIndex,
  readDatasetPixels,
  readDatasetRecord,
} from '@ddad/storage';

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

/** Looks datasets up, keeping what it found in memory: content under a digest never changes. */
export class DatasetCatalog {
  readonly #store: ObjectStore;
  readonly #indexes = new Recent<DatasetIndex>(8);
  readonly #digests = new Recent<ImageDigests>(64);

  constructor(store: ObjectStore) {
    this.#store = store;
  }

  /** @returns null where no dataset has this name. */
  record(name: string): Promise<DatasetRecord | null> {
    return readDatasetRecord(this.#store, name);
  }

  async names(): Promise<string[]> {
    return (await listDatasets(this.#store)).map(({ name }) => name);
  }

  /** A run's images, or every fault of the selection. */
  async images(digest: string, selection: Selection): Promise<RunImages | { faults: Fault[] }> {
    const index = await this.#indexes.get(digest, () => readDatasetIndex(this.#store, digest));
    const selected = selectTrainingImages(index, selection);
    if ('faults' in selected) return selected;
    const { images, labels } = testImages(index);
    return {
      imageSize: index.imageSize,
      ...selected,
      test: images,
      judged: new Set(labels ?? []).size === 2,
    };
  }

  /** Digests of a run's images; reads all pixels of the dataset where they are not known yet. */
  digests(digest: string, selection: Selection, images: RunImages): Promise<ImageDigests> {
    const { unlabeled = null, anomalousRate = null, calibration = 0 } = selection;
    const key = JSON.stringify([digest, unlabeled, anomalousRate, calibration]);
    return this.#digests.get(key, async () => {
      const pixels = await readDatasetPixels(this.#store, digest);
      const over = (positions: number[]) => imagesDigest(pixels, images.imageSize, positions);
      const { normal, unlabeled, test } = images;
      const reference = referenceImages(images);
      return {
        normal: over(normal),
        normalAndUnlabeled: unlabeled.length === 0 ? null : over([...normal, ...unlabeled]),
        test: test.length === 0 ? null : over(test),
        reference: reference.length === 0 ? null : over(reference),
      };
    });
  }
}

/** The most recently used values; callers who want the same one at the same time share one look-up. */
class Recent<T> {
  readonly #capacity: number;
  readonly #values = new Map<string, Promise<T>>();

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get(key: string, find: () => Promise<T>): Promise<T> {
    const value = this.#values.get(key) ?? find();
    this.#values.delete(key);
    this.#values.set(key, value);
    // A failed look-up is not kept.
    value.catch(() => {
      if (this.#values.get(key) === value) this.#values.delete(key);
    });
    if (this.#values.size > this.#capacity) this.#values.delete(this.#values.keys().next().value!);
    return value;
  }
}
