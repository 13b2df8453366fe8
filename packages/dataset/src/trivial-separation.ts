import { auc } from '@ddad/anomaly';
import type { DatasetIndex } from '@ddad/contract';

/** How well something that needs no network tells normal from abnormal test images. */
export interface TrivialSeparation {
  of: 'mean grey' | 'contrast' | 'original size' | 'file format';
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

/** The same of test images whose moments are known. */
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
  /** Of a volume. */
  slices?: number;
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
  if (test.labels !== 'known') return [];
  const files = [...test.normal, ...test.abnormal].map((position) => originals[position]!);
  const labels = labelsOf(test);
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

const labelsOf = ({ normal, abnormal }: { normal: readonly number[]; abnormal: readonly number[] }) => [
  ...normal.map(() => 0),
  ...abnormal.map(() => 1),
];

function eitherWay(scores: readonly number[], labels: readonly number[]): number {
  const found = auc(scores, labels);
  return Math.max(found, 1 - found);
}
