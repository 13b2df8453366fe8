import { expect, test } from 'vitest';
import { chooseCases } from './choose-cases.ts';

const scores = [0.1, 0.9, 0.5, 0.2, 0.8, 0.7, 0.3, 0.6];
const labels = [0, 0, 0, 0, 1, 1, 1, 1] as const;
const byId = (most: number, known: readonly (0 | 1)[] | null = labels, of: ArrayLike<number> = scores) =>
  Object.fromEntries(chooseCases(of, known, most).map(({ id, images }) => [id, images]));

test('abnormal ones from the top and from the bottom, normal ones from the top', () => {
  expect(byId(6)).toEqual({ hits: [4, 5], misses: [6, 7], 'false-alarms': [1, 2] });
});

test('no image is a hit and a miss, however few there are', () => {
  // Three abnormal images: two hits, one miss.
  expect(byId(60, [0, 0, 0, 0, 0, 1, 1, 1])).toEqual({
    hits: [5, 7],
    misses: [6],
    'false-alarms': [1, 4, 2, 3, 0],
  });
  expect(byId(60, [0, 1])).toEqual({ hits: [1], 'false-alarms': [0] });
});

test('without labels the highest scores', () => {
  expect(byId(3, null)).toEqual({ highest: [1, 4, 5] });
});
