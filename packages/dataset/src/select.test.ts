import { createHash } from 'node:crypto';
import type { DatasetIndex } from '@ddad/contract';
import { describe, expect, test } from 'vitest';
import { imagesDigest } from './digest.ts';
import { selectTrainingImages, testImages } from './select.ts';

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

function indexWith(unlabeled: DatasetIndex['unlabeled'], test: DatasetIndex['test'] = { labels: 'none' }) {
  const index: DatasetIndex = {
    format: 1,
    imageSize: 2,
    images: [],
    train: [0, 1],
    unlabeled,
    test,
    validation: [],
    copies: [],
    synthetic: false,
  };
  return index;
}

// 40 normal and 60 abnormal: the pool's own rate is 0.6.
const known = indexWith({ labels: 'known', normal: range(2, 42), abnormal: range(42, 102) });
const flat = indexWith({ labels: 'unknown', images: range(2, 12) });
const none = indexWith({ labels: 'none' });

function chosen(index: DatasetIndex, choice: Parameters<typeof selectTrainingImages>[1]) {
  const result = selectTrainingImages(index, choice);
  if ('faults' in result) throw new Error(JSON.stringify(result.faults));
  return result;
}
function refused(index: DatasetIndex, choice: Parameters<typeof selectTrainingImages>[1]) {
  const result = selectTrainingImages(index, choice);
  return 'faults' in result ? result.faults.map(({ path, message }) => `${path}: ${message}`) : [];
}

describe('training images', () => {
  test('all unlabeled images are used unless fewer are asked for', () => {
    expect(chosen(known, {})).toEqual({ normal: [0, 1], unlabeled: range(2, 102), heldOut: [] });
    expect(chosen(flat, {})).toEqual({ normal: [0, 1], unlabeled: range(2, 12), heldOut: [] });
    expect(chosen(none, {})).toEqual({ normal: [0, 1], unlabeled: [], heldOut: [] });
  });

  test("the pool's own rate holds unless another is asked for", () => {
    // floor(11 * 60 / 100) = 6 abnormal.
    expect(chosen(known, { unlabeled: 11 }).unlabeled).toEqual([...range(2, 7), ...range(42, 48)]);
  });

  test('the first of each kind are taken at the rate asked for', () => {
    // floor(7 * 0.5) = 3 abnormal.
    expect(chosen(known, { unlabeled: 7, anomalousRate: 0.5 }).unlabeled).toEqual([2, 3, 4, 5, 42, 43, 44]);
    expect(chosen(known, { unlabeled: 3, anomalousRate: 0 }).unlabeled).toEqual([2, 3, 4]);
    expect(chosen(known, { unlabeled: 3, anomalousRate: 1 }).unlabeled).toEqual([42, 43, 44]);
    expect(chosen(known, { anomalousRate: 0.6 }).unlabeled).toEqual(range(2, 102));
  });

  test('a product just below a whole number counts as that number', () => {
    const wide = indexWith({ labels: 'known', normal: range(0, 100), abnormal: range(100, 200) });
    expect(0.29 * 100).toBeLessThan(29);
    const { unlabeled } = chosen(wide, { unlabeled: 100, anomalousRate: 0.29 });
    expect(unlabeled.filter((position) => position >= 100)).toHaveLength(29);
  });

  test('a flat list gives its first images', () => {
    expect(chosen(flat, { unlabeled: 3 }).unlabeled).toEqual([2, 3, 4]);
  });

  test('zero is the one-class mode', () => {
    for (const index of [known, flat, none]) expect(chosen(index, { unlabeled: 0 }).unlabeled).toEqual([]);
  });
});

describe('training images that there are not', () => {
  test('more than the pool holds, with the numbers of each kind', () => {
    expect(refused(known, { unlabeled: 101 })).toEqual([
      'unlabeled: expected no more unlabeled images than there are (40 normal and 60 abnormal), got a wish for 41 normal and 60 abnormal (101 in all): unlabeled.0 lacks 1',
    ]);
    expect(refused(known, { unlabeled: 100, anomalousRate: 0.5 })).toEqual([
      'unlabeled: expected no more unlabeled images than there are (40 normal and 60 abnormal), got a wish for 50 normal and 50 abnormal (100 in all at anomalousRate 0.5): unlabeled.0 lacks 10',
    ]);
    expect(refused(known, { anomalousRate: 1 })[0]).toContain('0 normal and 100 abnormal');
    expect(refused(flat, { unlabeled: 11 })).toEqual([
      'unlabeled: expected at most 10, the unlabeled images there are, got 11',
    ]);
    expect(refused(none, { unlabeled: 1 })).toEqual([
      'unlabeled: expected at most 0, the unlabeled images there are, got 1',
    ]);
  });

  test('a rate where nobody knows the labels, together with every other fault', () => {
    expect(refused(flat, { anomalousRate: 0.5, unlabeled: 11 })).toEqual([
      'anomalousRate: expected no anomalousRate, which needs unlabeled images of known labels (nobody knows which of its are abnormal), got 0.5',
      'unlabeled: expected at most 10, the unlabeled images there are, got 11',
    ]);
    expect(refused(none, { anomalousRate: 0.5 })[0]).toContain('the dataset has no unlabeled images');
  });
});

test('test images come normal first, labels beside them', () => {
  const labelled = indexWith({ labels: 'none' }, { labels: 'known', normal: [7, 5], abnormal: [6] });
  expect(testImages(labelled)).toEqual({ images: [7, 5, 6], labels: [0, 0, 1] });
  const unlabelled = indexWith({ labels: 'none' }, { labels: 'unknown', images: [9, 8] });
  expect(testImages(unlabelled)).toEqual({ images: [9, 8], labels: null });
  expect(testImages(none)).toEqual({ images: [], labels: null });
});

test('the digest of images covers their bytes in the order asked for', () => {
  const pixels = Uint8Array.from([1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3]);
  const expected = createHash('sha256')
    .update(Uint8Array.from([3, 3, 3, 3, 1, 1, 1, 1]))
    .digest('hex');
  expect(imagesDigest(pixels, 2, [2, 0])).toBe(expected);
  expect(imagesDigest(pixels, 2, [0, 2])).not.toBe(expected);
  expect(() => imagesDigest(pixels, 2, [3])).toThrow(RangeError);
});
