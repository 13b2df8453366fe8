import type { DatasetIndex } from '@ddad/contract';
import { expect, test } from 'vitest';
import { describeDataset } from './describe-dataset.ts';

const side = 64;
/** Train 0, 1, 2; unlabeled 3; test 4 (normal), 5 (abnormal). Image 2 is image 4 at half the brightness. */
const index: DatasetIndex = {
  format: 1,
  imageSize: side,
  images: ['a', 'b', 'c', 'd', 'e', 'f'],
  train: [0, 1, 2],
  unlabeled: { labels: 'unknown', images: [3] },
  test: { labels: 'known', normal: [4], abnormal: [5] },
  validation: [],
  copies: [[0, 1]],
  synthetic: false,
  pathologies: [{ name: 'cyst', images: [3, 5] }],
  patients: [1, 1, 2, null, 3, 3],
};

/** Waves of another direction for every seed. */
const waves = (seed: number, height: number) =>
  Uint8Array.from({ length: side * side }, (_, at) => {
    const [x, y] = [at % side, Math.floor(at / side)];
    return height * (1 + Math.sin(seed * x * 0.13) * Math.cos((7 - seed) * y * 0.11));
  });
const flat = (grey: number) => new Uint8Array(side * side).fill(grey);
const pixels = Buffer.concat([
  waves(1, 80),
  waves(1, 80),
  waves(3, 60),
  flat(255),
  waves(3, 120),
  waves(6, 90),
]);

test('describes every list: its images, grey levels, patients', () => {
  const { places, patients } = describeDataset(index, pixels, { sample: 10, seed: 1 });
  expect(places.map(({ place, images, patients: known }) => [place, images, known])).toEqual([
    ['train.0', [0, 1, 2], 2],
    ['train.unlabeled', [3], 0],
    ['test.0', [4], 1],
    ['test.1', [5], 1],
  ]);
  expect(patients).toBe(3);
  expect(places[1]).toMatchObject({ mean: 255, deviation: 0 });
  expect(places[1]!.levels[255]).toBe(1);
  const all = pixels.subarray(0, 3 * side * side);
  const mean = all.reduce((sum, grey) => sum + grey, 0) / all.length;
  const variance = all.reduce((sum, grey) => sum + (grey - mean) ** 2, 0) / all.length;
  expect(places[0]!.mean).toBeCloseTo(mean, 9);
  expect(places[0]!.deviation).toBeCloseTo(Math.sqrt(variance), 9);
  expect(places[0]!.levels.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12);
});

test('names copies and near-copies with their lists, and counts pathologies by list', () => {
  const { copies, nearCopies, pathologies } = describeDataset(index, pixels, { sample: 10, seed: 1 });
  expect(copies.groups.map((group) => group.map(({ image }) => image))).toEqual([['a', 'b']]);
  expect(nearCopies.groups).toEqual([
    [
      { image: 'c', place: 'train.0', position: 2 },
      { image: 'e', place: 'test.0', position: 4 },
    ],
  ]);
  expect(nearCopies.testInTraining).toBe(1);
  const [cyst] = pathologies;
  expect([cyst!.name, ...cyst!.images]).toEqual(['cyst', ['train.unlabeled', 1], ['test.1', 1]]);
});

test('draws as many images as were asked for, equal ones for equal seeds', () => {
  const samples = (sample: number, seed: number) =>
    describeDataset(index, pixels, { sample, seed }).places.map((place) => place.sample);
  expect(samples(10, 1)).toEqual([[0, 1, 2], [3], [4], [5]]);
  expect(samples(2, 1)).toEqual(samples(2, 1));
  expect(samples(2, 1)[0]).toHaveLength(2);
  const drawn = new Set([1, 2, 3, 4, 5, 6, 7, 8].map((seed) => samples(2, seed)[0]!.join()));
  expect(drawn.size).toBeGreaterThan(1);
});

test('of a dataset without patients nothing is said of them', () => {
  const { patients: _, pathologies: __, ...bare } = index;
  const found = describeDataset(bare, pixels, { sample: 1, seed: 1 });
  expect(found.patients).toBeNull();
  expect(found.places[0]!.patients).toBeNull();
  expect(found.pathologies).toEqual([]);
});
