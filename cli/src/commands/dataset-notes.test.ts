import { expect, it } from 'vitest';
import { coarseLines, layoutLines } from './dataset-notes.ts';

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

it('names files that are no images, and counts what is of the system', () => {
  const noImages = Array.from({ length: 10 }, (_, i) => `tumour/${i}.mha`);
  const layout = { title: 'folders', leftOut: new Map<string, number>() };
  expect(layoutLines({ ...layout, noImages }, 2).slice(1)).toEqual([
    'passed over: 10 files that are no images: "tumour/0.mha", "tumour/1.mha", "tumour/2.mha", "tumour/3.mha", ' +
      '"tumour/4.mha", "tumour/5.mha", "tumour/6.mha", "tumour/7.mha" and 2 more',
    "passed over: 2 files or folders of the system's own (.DS_Store, ._*, Thumbs.db, hidden folders)",
  ]);
  expect(layoutLines({ ...layout, noImages: ['notes.txt'] }, 1).slice(1)).toEqual([
    'passed over: 1 file that is no image: "notes.txt"',
    "passed over: 1 file or folder of the system's own (.DS_Store, ._*, Thumbs.db, hidden folders)",
  ]);
});

it('names the first five images that keep next to no grey levels, with their values', () => {
  const coarse = Array.from({ length: 7 }, (_, i) => ({
    ...{ name: `${i}.png`, values: [0, 200 + i] as const, range: [0, 65_535] as const },
  }));
  expect(coarseLines(coarse, 'set --range')).toEqual([
    'warning: 7 16-bit images keep 16 grey levels or fewer of the values 0 to 65535: fewer bits than others, or nearly empty; set --range',
    ...[0, 1, 2, 3, 4].map((i) => `  ${i}.png: values 0 to ${200 + i}`),
    '  and 2 more',
  ]);
  expect(coarseLines(coarse.slice(0, 1), 'set --range')[0]).toMatch(/^warning: 1 16-bit image keeps /);
  expect(coarseLines([], 'set --range')).toEqual([]);
});
