import { parseHTML } from 'linkedom';
import sharp from 'sharp';
import { beforeAll, expect, test } from 'vitest';
import { buildDatasetPage, leakedTestImages } from './build-dataset-page.ts';
import { syntheticDataset } from './synthetic-dataset.testing.ts';
import { tilePictures } from './tile-pictures.ts';

const facts = syntheticDataset();
let document: ReturnType<typeof parseHTML>['document'];
beforeAll(async () => {
  ({ document } = parseHTML(await buildDatasetPage(facts)));
});

const cells = (selector: string) =>
  [...document.querySelectorAll(selector)].map((row) =>
    [...row.children].map((cell) => cell.textContent!.trim()),
  );
const image = (source: string) => sharp(Buffer.from(source.replace('data:image/png;base64,', ''), 'base64'));

test('counts images, sizes and patients of every list', () => {
  expect(cells('#lists tr[data-place]').map((row) => [row[0], row[1], row[2], row[5]])).toEqual([
    ['train.0', '30', '30 KiB', '3'],
    ['train.unlabeled.0', '10', '10 KiB', '1'],
    ['train.unlabeled.1', '10', '10 KiB', '1'],
    ['test.0', '10', '10 KiB', '1'],
    ['test.1', '10', '10 KiB', '1'],
  ]);
  expect(cells('#pathologies tr[data-pathology]')).toEqual([['cyst', '0', '0', '1', '0', '2']]);
  expect(document.querySelectorAll('#levels figure svg.chart')).toHaveLength(5);
});

test('a contact sheet shows the images that were drawn, in their order', async () => {
  const [sheet] = document.querySelectorAll('#pictures img');
  const { data, info } = await image(sheet!.getAttribute('src')!)
    .toColourspace('b-w')
    .raw()
    .toBuffer({ resolveWithObject: true });
  // 20 pictures of 32 pixels, 16 in a row, 2 pixels between them.
  expect([info.width, info.height]).toEqual([16 * 34 - 2, 2 * 34 - 2]);
  const { sample } = facts.description.places[0]!;
  const at = (x: number, y: number) => data[(y * info.width + x) * info.channels];
  const pixel = (position: number, x: number, y: number) => facts.pixels[position * 1024 + y * 32 + x];
  expect(at(34 + 5, 7)).toBe(pixel(sample[1]!, 5, 7));
  expect(at(3 * 34 + 31, 34 + 31)).toBe(pixel(sample[19]!, 31, 31));
  expect(document.querySelector('#pictures .sheet p')!.textContent).toMatch(/^image <\d+>\.png, /);
});

test('names copies and near-copies with their lists', () => {
  const names = (id: string) =>
    [...document.querySelectorAll(`#${id} .names li`)].map((item) =>
      item.textContent!.trim().replace(/\s+/g, ' '),
    );
  expect(names('copies')).toEqual(['image <0>.png train.0', 'image <40>.png test.0']);
  expect(names('near')).toEqual(expect.arrayContaining(['image <1>.png train.0', 'image <50>.png test.1']));
  expect(document.querySelectorAll('#copies img')).toHaveLength(1);
});

test('counts test images that were seen in training', () => {
  const group = (...places: string[]) =>
    places.map((place, position) => ({ image: 'x', place: place as 'train.0', position }));
  const found = { acrossPlaces: 0, testInTraining: 0, byPlaces: [] };
  const groups = [
    group('train.0', 'test.0', 'test.1'),
    group('test.0', 'test.0'),
    group('train.unlabeled', 'test'),
  ];
  expect(leakedTestImages({ ...found, groups })).toBe(3);
});

test('lays pictures out in rows', () => {
  const pixels = Uint8Array.from([1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3]);
  const { pixels: tiled, width, height } = tilePictures([2, 0, 1], pixels, 2, 2);
  const g = 128;
  expect([width, height]).toEqual([6, 6]);
  expect([...tiled]).toEqual(
    // biome-ignore format: rows of the picture
    [3, 3, g, g, 1, 1,
     3, 3, g, g, 1, 1,
     g, g, g, g, g, g,
     g, g, g, g, g, g,
     2, 2, g, g, g, g,
     2, 2, g, g, g, g],
  );
});

test('tells what separates the test images without a network, and warns where that is much', async () => {
  const separations = [
    { of: 'original size', auc: 0.5 },
    { of: 'file format', auc: 0.8125 },
  ];
  const page = await buildDatasetPage({ ...facts, record: { ...facts.record, separations } });
  const section = parseHTML(page).document.querySelector('#without-network')!;
  const rows = [...section.querySelectorAll('tr[data-alone]')].map((row) => row.textContent!.trim());
  expect(rows).toHaveLength(4);
  expect(rows.slice(2)).toEqual(['original size50.0', 'file format81.3']);
  expect(section.querySelector('.warning')!.textContent).toContain('file format alone tell');
  const unknown = { ...facts, description: { ...facts.description, separations: [] } };
  expect(await buildDatasetPage(unknown)).not.toContain('id="without-network"');
});

test('shows normal training images unlike the others, each with why', async () => {
  const outliers = [
    { position: 3, image: 'image <3>.png', why: 'empty' as const, distance: 0 },
    { position: 7, image: 'image <7>.png', why: 'grey levels' as const, distance: 41.6 },
  ];
  const page = await buildDatasetPage({ ...facts, description: { ...facts.description, outliers } });
  const section = parseHTML(page).document.querySelector('#outliers')!;
  expect([...section.querySelectorAll('li')].map((item) => item.textContent!.trim())).toEqual([
    'image <3>.png empty',
    'image <7>.png 42 grey levels from the typical image',
  ]);
  const { data, info } = await image(section.querySelector('img')!.getAttribute('src')!)
    .toColourspace('b-w')
    .raw()
    .toBuffer({ resolveWithObject: true });
  expect(data[5 * info.width * info.channels]).toBe(facts.pixels[3 * 1024 + 5 * 32]);
});
