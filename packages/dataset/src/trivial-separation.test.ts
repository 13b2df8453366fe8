import type { DatasetIndex } from '@ddad/contract';
import { expect, test } from 'vitest';
import {
  fileSeparations,
  fileSourceSeparations,
  greySeparations,
  greySharpness,
  sharpnessSeparation,
} from './trivial-separation.ts';

/** 2x2 pixels; test 0, 1 normal, 2, 3 abnormal. */
const index: DatasetIndex = {
  format: 1,
  imageSize: 2,
  images: ['a', 'b', 'c', 'd', 'e'],
  train: [4],
  unlabeled: { labels: 'none' },
  test: { labels: 'known', normal: [0, 1], abnormal: [2, 3] },
  validation: [],
  copies: [],
  synthetic: false,
};

test('mean grey and contrast in whichever direction separates', () => {
  const pixels = Uint8Array.from([
    ...[200, 200, 200, 200],
    ...[90, 110, 90, 110],
    ...[95, 95, 95, 97],
    ...[10, 30, 10, 30],
    ...[0, 0, 0, 0],
  ]);
  // Means 200, 100 | 95.5, 20: every abnormal one is darker. Deviations 0, 10 | 0.87, 10: of the four pairs the abnormal one
  // is larger in 1 (0.87 over 0), 1 (10 over 0), half (10 beside 10), 0 (0.87 below 10): 2.5 / 4.
  expect(greySeparations(index, pixels)).toEqual([
    { of: 'mean grey', auc: 1 },
    { of: 'contrast', auc: 0.625 },
  ]);
});

test('sizes and formats of the files', () => {
  const file = (width: number, kind: string) => ({ width, height: 10, kind });
  const originals = [file(10, 'PNG'), file(10, 'PNG'), file(10, 'JPEG'), file(10, 'JPEG'), file(99, 'GIF')];
  expect(fileSeparations(index, originals)).toEqual([
    { of: 'original size', auc: 0.5 },
    { of: 'file format', auc: 1 },
  ]);
});

test('without labels there is nothing to separate', () => {
  const bare: DatasetIndex = { ...index, test: { labels: 'none' } };
  expect([...greySeparations(bare, new Uint8Array(20)), ...fileSeparations(bare, [])]).toEqual([]);
});

test('files of unlabeled images against those of all normal ones outside of the test', () => {
  const file = (width: number, kind: string) => ({ width, height: 10, kind });
  // Normal: 10, 20, 20 pixels wide; unlabeled: 20, 30. Of the six pairs the unlabeled one is larger in 1 + 3, as large in 2: 5/6.
  const originals = [file(10, 'PNG'), file(20, 'PNG'), file(20, 'JPEG'), file(20, 'PNG'), file(30, 'PNG')];
  const parts = { ...index, train: [0, 1], validation: [2] };
  // Shares of unlabeled images: of PNG 2/4, of JPEG none: larger in two pairs, as large in four: 4/6.
  const expected = [
    { of: 'original size', auc: 5 / 6 },
    { of: 'file format', auc: 4 / 6 },
  ];
  const unknown: DatasetIndex['unlabeled'] = { labels: 'unknown', images: [3, 4] };
  expect(fileSourceSeparations({ ...parts, unlabeled: unknown }, originals)).toEqual(expected);
  const known: DatasetIndex['unlabeled'] = { labels: 'known', normal: [3], abnormal: [4] };
  expect(fileSourceSeparations({ ...parts, unlabeled: known }, originals)).toEqual(expected);
  expect(fileSourceSeparations({ ...parts, unlabeled: { labels: 'none' } }, originals)).toEqual([]);
});

test('sharpness is the mean difference of neighbours, in whichever direction separates', () => {
  const pixels = Uint8Array.from([...Array<number>(9).fill(7), ...[1, 4, 4], ...[5, 0, 0], ...[6, 6, 15]]);
  // Across: 3, 0 | 5, 0 | 0, 9 = 17. Down: 4, 4, 4 | 1, 6, 15 = 34. Of 12 neighbours.
  expect(greySharpness(pixels, 3, 1)).toBeCloseTo(51 / 12, 12);
  expect(greySharpness(pixels, 3, 0)).toBe(0);
  expect(sharpnessSeparation([3, 4, 1, 2], [0, 0, 1, 1])).toEqual({ of: 'sharpness', auc: 1 });
});
