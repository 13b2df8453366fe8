import { expect, test } from 'vitest';
import { describeCopies, findNearCopies, packDataset } from './index.ts';
import { brainFolder } from './testing.ts';

test.skipIf(brainFolder() === null)(
  'the Brain Tumor benchmark, JPEG and PNG files as they were published: its pixels, its 193 groups of copies, its near-copies',
  { timeout: 120_000 },
  async () => {
    const packed = await packDataset(brainFolder()!);
    if ('faults' in packed) throw new Error(packed.faults[0]?.message);
    const { index, pixels, digest } = packed;
    // Keys of finished members hold it: a file that was read right must go on giving the same bytes.
    expect(digest).toBe('7137169cf821bf19197128ee44d48aa7e68c6911bda46e520e6b31a5b4c47444');
    expect(pixels.length).toBe(3200 * 4096);
    expect(index.copies).toHaveLength(193);
    // The benchmark's README counts 73 groups with a copy in test normals and D_n, 40 in test and unlabeled
    // normals, 10 in test and unlabeled abnormals.
    const sharing = (a: string, b: string) =>
      describeCopies(index)
        .byPlaces.filter(({ places }) => places.some((p) => p === a) && places.some((p) => p === b))
        .reduce((sum, { groups }) => sum + groups, 0);
    expect(sharing('test.0', 'train.0')).toBe(73);
    expect(sharing('test.0', 'train.unlabeled.0')).toBe(40);
    expect(sharing('test.1', 'train.unlabeled.1')).toBe(10);
    // The same by scipy's dctn, numpy's correlation and scipy's connected components gives 6,154 pairs, 1,614 images
    // and 285 families.
    const families = findNearCopies(pixels, 64, index.copies);
    expect([families.length, families.flat().length]).toEqual([285, 1614]);
  },
);
