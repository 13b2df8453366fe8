/**
 * Sides that images are packed at, in pixels. The networks halve four times, so that any multiple of 16 would fit them; these
 * are the ones that are proven against the independent reference. 64 is the paper's.
 */
export const imageSizes = [64, 128] as const;
export const defaultImageSize = 64;

/** Name of a part of a dataset. */
export type Part = 'train' | 'unlabeled' | 'test' | 'validation';

/**
 * A packed dataset's index, stored as JSON beside its pixels. Positions count in the packed pixels, from 0.
 * File names stay in this object and in scores.csv; they never reach Temporal, NATS or a log.
 */
export interface DatasetIndex {
  format: 1;
  /** Side of the square images in pixels. */
  imageSize: number;
  /** Names as data.json lists them, by position. */
  images: string[];
  /** D_n, in the order of data.json. */
  train: number[];
  /** D_u's pool: known labels, no labels, or none at all (both kinds empty: `labels: 'none'`). */
  unlabeled:
    | { labels: 'known'; normal: number[]; abnormal: number[] }
    | { labels: 'unknown'; images: number[] }
    | { labels: 'none' };
  test:
    | { labels: 'known'; normal: number[]; abnormal: number[] }
    | { labels: 'unknown'; images: number[] }
    | { labels: 'none' };
  /** Held-out normal images; empty where there are none. */
  validation: number[];
  /** Groups of positions whose decoded pixels are equal (before resizing); groups of two and more only. */
  copies: number[][];
  /** True for datasets made by a generator. */
  synthetic: boolean;
  /** What is named of abnormal images, by name; an image may show several. Absent where there is no labels.csv. */
  pathologies?: Pathology[];
  /** Patient numbers by position, from 1, null where none is known: they count and mean nothing else. Absent where no image has one. */
  patients?: (number | null)[];
}

/** A pathology with the positions of the images that show it, rising; at least one. */
export interface Pathology {
  name: string;
  images: number[];
}

/** The same images at one size. */
export interface Packing {
  imageSize: number;
  /** SHA-256 over index and pixels; the packed objects lie under it. */
  digest: string;
}

/** What a name stands for; the only mutable object of a dataset, replaced whole by `dataset add`. */
export interface DatasetRecord {
  name: string;
  /** Of the packing that a run takes which asks for no size: that of 64, else the only one. */
  digest: string;
  /** By size; absent in records from before there were several: `digest` alone, at 64. */
  packings?: Packing[];
  addedAt: string;
  counts: { train: number; unlabeled: number; test: number; validation: number; copies: number };
  synthetic: boolean;
}

/** A dataset's packings, smallest first. */
export function packingsOf({ digest, packings }: Pick<DatasetRecord, 'digest' | 'packings'>): Packing[] {
  return packings ?? [{ imageSize: defaultImageSize, digest }];
}

/** Object keys of a packed dataset. */
export const datasetKeys = {
  record: (name: string) => `datasets/names/${name}.json`,
  index: (digest: string) => `datasets/${digest}/index.json`,
  /** Unsigned bytes, image after image, rows from the top. */
  pixels: (digest: string) => `datasets/${digest}/pixels.u8`,
};
