import type { DatasetIndex } from '@ddad/contract';
import { expect, test } from 'vitest';
import { findOutliers } from './outliers.ts';

const side = 16;
const indexOf = (count: number): DatasetIndex => ({
  format: 1,
  imageSize: side,
  images: Array.from({ length: count }, (_, i) => `${i}.png`),
  train: Array.from({ length: count }, (_, i) => i),
  unlabeled: { labels: 'none' },
  test: { labels: 'none' },
  validation: [],
  copies: [],
  synthetic: false,
});
/** A ramp from 0 to some 200, a little brighter with every image. */
const ramp = (image: number) =>
  Uint8Array.from({ length: side * side }, (_, at) => (at * 200) / 256 + (image % 5));

test('an empty slice and an inverted picture are found among alike ones, farthest first', () => {
  const images = Array.from({ length: 30 }, (_, image) => ramp(image));
  images[7] = new Uint8Array(side * side).fill(3);
  images[20] = ramp(0).map((grey) => 255 - grey / 4);
  const found = findOutliers(indexOf(30), Buffer.concat(images));
  expect(found.map(({ image, why }) => [image, why])).toEqual([
    ['20.png', 'grey levels'],
    ['7.png', 'empty'],
  ]);
  // A ramp of 0 to 200 is 100 on the average, and 3 is 3.
  expect(found[1]!.distance).toBeGreaterThan(90);
  expect(found[1]!.distance).toBeLessThan(105);
});

test('alike images have none, and of few nothing is said', () => {
  expect(findOutliers(indexOf(30), Buffer.concat(Array.from({ length: 30 }, (_, i) => ramp(i))))).toEqual([]);
  const few = [...Array.from({ length: 8 }, (_, i) => ramp(i)), new Uint8Array(side * side)];
  expect(findOutliers(indexOf(9), Buffer.concat(few))).toEqual([]);
});
