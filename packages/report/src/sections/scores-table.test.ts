import { expect, test } from 'vitest';
import { percent } from '../figures.ts';
import { page } from '../parsed-page.testing.ts';
import { syntheticRun } from '../synthetic-run.testing.ts';

test('AUC stands by map and image score; what maps give beside the main kind of score has tables of its own, folded away', async () => {
  const data = syntheticRun({ normal: 6, abnormal: 6, side: 16, reduced: true });
  const { document, texts } = await page(data);
  const rows = ['rec', 'recEnsemble', 'aIntra', 'aInter', 'rIntra', 'rDual'];
  expect([...document.querySelectorAll('tr[data-map]')].map((row) => row.getAttribute('data-map'))).toEqual(
    rows,
  );
  const { scores } = data.result;
  const figures = ['', 'Top', 'Peak', 'Relative', 'Foreground'].map((end) => scores![`aInter${end}`]!.auc);
  const shown = texts('tr[data-map="aInter"] td.number').map((text) => text.split(' ')[0]);
  expect(shown).toEqual(figures.map(percent));
  expect(texts('tr[data-map="rec"] td').map((text) => text !== '')).toEqual([
    true,
    true,
    ...Array(4).fill(false),
  ]);
  expect(texts('#scores td.main')[0]).toMatch(new RegExp(`^${percent(scores!.rDualTop!.auc)} `));

  const tops = ['recEnsembleTop', 'aIntraTop', 'aInterTop', 'rIntraTop', 'rDualTop'];
  for (const mark of ['score', 'rates']) {
    const all = [...document.querySelectorAll(`#scores tr[data-${mark}]`)];
    const open = all.filter((row) => row.closest('details') === null);
    expect(open.map((row) => row.getAttribute(`data-${mark}`))).toEqual(tops);
    expect(all.length).toBe(26);
  }
  const folded = [
    'Means of the maps',
    'Largest local means',
    'Means of the highest pixels, by the image’s brightness',
    'Means over the foreground',
  ];
  expect(texts('#scores summary')).toEqual([...folded, ...folded]);
});

test('says of intervals of few images that they are too narrow', async () => {
  const caption = async (abnormal: number) =>
    (await page(syntheticRun({ normal: 12, abnormal, side: 16 }))).texts('#scores .caption')[0];
  expect(await caption(4)).toContain('Intervals that rest on 4 abnormal test images are too narrow');
  expect(await caption(5)).not.toContain('too narrow');
});

test.each([
  [undefined, 'largest 5×5…Peak'],
  [128, 'largest 11×11…Peak'],
  [256, 'largest 21×21…Peak'],
])('the window of local means is that of the images’ size, %s', async (imageSize, title) => {
  const data = syntheticRun({ normal: 6, abnormal: 6, side: 16, reduced: true });
  if (imageSize !== undefined) data.result.imageSize = imageSize;
  const { texts } = await page(data);
  expect(texts('#scores .scroll:first-of-type thead th')).toContain(title);
});
