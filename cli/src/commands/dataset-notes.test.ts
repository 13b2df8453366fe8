import { expect, it } from 'vitest';
import { layoutLines } from './dataset-notes.ts';

it('tells how many images of which folders were left out, and how many beside folders', () => {
  const leftOut = new Map([
    ['train/PNEUMONIA', 3],
    ['test/', 1],
  ]);
  expect(layoutLines({ title: 'folders of training and test images', leftOut }, 0)).toEqual([
    'without data.json: read as folders of training and test images',
    'left out: 3 images of train/PNEUMONIA/, which a dataset has no place for',
    'left out: 1 image in test/ beside its folders, which a dataset has no place for',
  ]);
});
