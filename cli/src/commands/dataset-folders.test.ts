import { expect, it } from 'vitest';
import { readFolders } from './dataset-folders.ts';

it('says nothing unless something is said', () => expect(readFolders({})).toEqual({}));

it('takes what is said', () => {
  expect(readFolders({ normal: ['good'], abnormal: ['a', 'b'], split: '0.3', seed: '4' })).toEqual({
    folders: { normal: ['good'], abnormal: ['a', 'b'], unlabeled: [] },
    split: { share: 0.3, seed: 4 },
  });
  expect(readFolders({ seed: '4' })).toEqual({ split: { seed: 4 } });
});

it('lists every fault at once', () => {
  expect(readFolders({ split: '20 %', seed: '-1' })).toEqual({
    faults: [
      { path: '--split', message: 'expected a share between 0 and 1, got 20 %' },
      { path: '--seed', message: 'expected a whole number of 0 to 2147483647, got -1' },
    ],
  });
});
