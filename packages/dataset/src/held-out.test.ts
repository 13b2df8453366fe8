import type { DatasetIndex } from '@ddad/contract';
import { describe, expect, test } from 'vitest';
import { selectTrainingImages } from './select.ts';

/** Ten normal training images 0 to 9, unlabeled 10 to 13, validation 14 and 15. */
const index: DatasetIndex = {
  format: 1,
  imageSize: 2,
  images: [],
  train: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
  unlabeled: { labels: 'known', normal: [10, 11], abnormal: [12, 13] },
  test: { labels: 'none' },
  validation: [],
  copies: [],
  synthetic: false,
};

function chosen(change: Partial<DatasetIndex>, calibration?: number) {
  const found = selectTrainingImages({ ...index, ...change }, { calibration });
  if ('faults' in found) throw new Error(JSON.stringify(found.faults));
  return found;
}

describe('held-out normal images', () => {
  test('are a share of D_n, spread evenly over its order, and nothing is trained on them', () => {
    // 0.2: every fifth; 0.3: floor(0.3 (g + 1)) grows at g = 3, 6, 9.
    expect(chosen({}, 0.2)).toMatchObject({ heldOut: [4, 9], normal: [0, 1, 2, 3, 5, 6, 7, 8] });
    expect(chosen({}, 0.3).heldOut).toEqual([3, 6, 9]);
    // 0.29 · 100 is 28.999999999999996 in floating point.
    const hundred = Array.from({ length: 100 }, (_, position) => position);
    expect(chosen({ train: hundred }, 0.29).heldOut).toHaveLength(29);
  });

  test('are none by default, and the validation images where the dataset has some', () => {
    expect(chosen({})).toMatchObject({ heldOut: [], normal: index.train });
    expect(chosen({ validation: [14, 15] })).toMatchObject({ heldOut: [14, 15], normal: index.train });
    expect(chosen({ validation: [14, 15] }, 0.2).heldOut).toEqual([4, 9, 14, 15]);
  });

  test('never share a patient with the images trained on', () => {
    // Patients: image 1 and 5 of one, 5 a copy of 7: groups are 0; 1, 5 and 7; 2; 3; 4, which is held out; 6; 8; 9.
    const patients = [null, 1, 2, null, null, 1, null, 3, null, null];
    const split = chosen({ patients, copies: [[5, 7]] }, 0.2);
    expect(split).toMatchObject({ heldOut: [4], normal: [0, 1, 2, 3, 5, 6, 7, 8, 9] });
    // At 0.5 every second group is: 1, 5, 7; 3; 6; 9.
    expect(chosen({ patients, copies: [[5, 7]] }, 0.5).heldOut).toEqual([1, 3, 5, 6, 7, 9]);
  });

  test('never have a copy among the images trained on: groups of copies are not split', () => {
    // Groups in the order of their first image: 0; 1 and 4; 2; 3; 5, which is held out; 6; 7; 8; 9.
    const split = chosen({ copies: [[1, 4]] }, 0.2);
    expect(split.heldOut).toEqual([5]);
    expect(split.normal).toEqual([0, 1, 2, 3, 4, 6, 7, 8, 9]);
    // Whose copy is unlabeled or trained on is dropped, whichever way it came to be held out.
    expect(chosen({ copies: [[4, 12]] }, 0.2).heldOut).toEqual([9]);
    expect(chosen({ copies: [[3, 14]], validation: [14, 15] }).heldOut).toEqual([15]);
  });
});
