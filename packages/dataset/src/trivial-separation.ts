import { auc } from '@ddad/anomaly';
import type { DatasetIndex } from '@ddad/contract';
import type { Grid } from './nifti/grid.ts';
import { unlabeledPool } from './select.ts';

/** How well something that needs no network tells normal from abnormal test images, or unlabeled from normal ones. */
export interface TrivialSeparation {
  of: 'mean grey' | 'contrast' | 'sharpness' | 'original size' | 'file format';
  /** AUC, 0.5 to 1: whichever direction is better. */
  auc: number;
}

/** From here on a warning is due: a score that is no better has seen no anomaly. */
export const suspiciousAuc = 0.75;

/**
 * AUC of mean grey and contrast (the pixels' standard deviation) of the packed test images.
 * @param pixels [N, imageSize, imageSize], unsigned bytes
 * @returns nothing without labelled test images
 */
export function greySeparations(index: DatasetIndex, pixels: Uint8Array): TrivialSeparation[] {
  const { test } = index;
  if (test.labels !== 'known') return [];
  const moments = [...test.normal, ...test.abnormal].map((position) =>
    greyMoments(pixels, index.imageSize, position),
  );
  return momentSeparations(moments, labelsOf(test));
}

/** The same of images whose moments are known. @param labels 1 for those that are to be told from the others */
export function momentSeparations(
  moments: readonly GreyMoments[],
  labels: readonly number[],
): TrivialSeparation[] {
  return [
    {
      of: 'mean grey',
      auc: eitherWay(
        moments.map(({ mean }) => mean),
        labels,
      ),
    },
    {
      of: 'contrast',
      auc: eitherWay(
        moments.map(({ deviation }) => deviation),
        labels,
      ),
    },
  ];
}

/** What is left of an image's file once it is packed. */
export interface Original {
  /** In pixels, as the file has them: of DICOM before it is brought to 512×512. */
  width: number;
  height: number;
  /** Of a volume, as is where its voxels lie. */
  slices?: number;
  grid?: Grid;
  /** `PNG`, `DICOM`, ... */
  kind: string;
}

/**
 * AUC of the number of pixels that the test images' files have, and of their formats (each scored by its share of abnormal
 * images).
 * @param originals by position
 * @returns nothing without labelled test images
 */
export function fileSeparations(
  { test }: Pick<DatasetIndex, 'test'>,
  originals: readonly Original[],
): TrivialSeparation[] {
  return test.labels === 'known' ? filesApart(test, originals) : [];
}

/**
 * The same of all unlabeled images against all normal ones that are no test images. What separates them is their source, or
 * what is wrong in some of the unlabeled ones.
 * @returns nothing where there are none of one kind
 */
export function fileSourceSeparations(
  index: Pick<DatasetIndex, 'train' | 'validation' | 'unlabeled'>,
  originals: readonly Original[],
): TrivialSeparation[] {
  const pool = unlabeledPool(index);
  const normal = [...index.train, ...index.validation];
  return pool.length === 0 || normal.length === 0 ? [] : filesApart({ normal, abnormal: pool }, originals);
}

function filesApart(
  groups: { normal: readonly number[]; abnormal: readonly number[] },
  originals: readonly Original[],
): TrivialSeparation[] {
  const files = [...groups.normal, ...groups.abnormal].map((position) => originals[position]!);
  const labels = labelsOf(groups);
  const share = new Map(
    [...Map.groupBy(files.keys(), (at) => files[at]!.kind)].map(([kind, some]) => [
      kind,
      some.reduce((sum, at) => sum + labels[at]!, 0) / some.length,
    ]),
  );
  return [
    {
      of: 'original size',
      auc: eitherWay(
        files.map(({ width, height }) => width * height),
        labels,
      ),
    },
    {
      of: 'file format',
      auc: eitherWay(
        files.map(({ kind }) => share.get(kind)!),
        labels,
      ),
    },
  ];
}

/** Mean and standard deviation of an image's pixels. */
export interface GreyMoments {
  mean: number;
  deviation: number;
}

/** Those of the image at a position of a packing. */
export function greyMoments(pixels: Uint8Array, imageSize: number, position: number): GreyMoments {
  const area = imageSize * imageSize;
  let [sum, squares] = [0, 0];
  for (let at = position * area; at < (position + 1) * area; at++) {
    sum += pixels[at]!;
    squares += pixels[at]! ** 2;
  }
  const mean = sum / area;
  return { mean, deviation: Math.sqrt(Math.max(0, squares / area - mean ** 2)) };
}

/** Mean absolute difference of neighbouring pixels of the image at a position of a packing, in grey levels. */
export function greySharpness(pixels: Uint8Array, imageSize: number, position: number): number {
  const begin = position * imageSize ** 2;
  let sum = 0;
  for (let row = 0; row < imageSize; row += 1) {
    for (let column = 0; column < imageSize; column += 1) {
      const at = begin + row * imageSize + column;
      if (column > 0) sum += Math.abs(pixels[at]! - pixels[at - 1]!);
      if (row > 0) sum += Math.abs(pixels[at]! - pixels[at - imageSize]!);
    }
  }
  return sum / (2 * imageSize * (imageSize - 1));
}

/** AUC of sharpness, 0.5 to 1. @param values of images, see `greySharpness` */
export function sharpnessSeparation(values: readonly number[], labels: readonly number[]): TrivialSeparation {
  return { of: 'sharpness', auc: eitherWay(values, labels) };
}

const labelsOf = ({ normal, abnormal }: { normal: readonly number[]; abnormal: readonly number[] }) => [
  ...normal.map(() => 0),
  ...abnormal.map(() => 1),
];

function eitherWay(scores: readonly number[], labels: readonly number[]): number {
  const found = auc(scores, labels);
  return Math.max(found, 1 - found);
}
