import type { DatasetIndex } from '@ddad/contract';
import { expect, test } from 'vitest';
import { fileSeparations, greySeparations } from './trivial-separation.ts';

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
