import { expect, it } from 'vitest';
import { discMedian, majority } from './rank-filters.ts';

it('a mask loses single pixels, and its border counts as if repeated', () => {
  const mask = Uint8Array.from([...'1000000100000000000111111'].map(Number));
  // Windows of 3×3 with at least five ones: at the corner with a single one there are four of the nine, at the right end of the fourth row
  // 0, 0, 0 / 0, 1, 1 / 1, 1, 1.
  expect([...majority(mask, 5, 1)].join('')).toBe('0000000000000000000111111');
  expect(majority(mask, 5, 0)).toEqual(mask);
});

it('a disc’s median is made of wanted pixels alone', () => {
  const values = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9);
  const whole = { top: 0, left: 0, height: 3, width: 3 };
  const all = new Uint8Array(9).fill(1);
  // A cross of five; at the corner the border is repeated: 1, 1, 1, 2, 4 has the median 1.
  expect([...discMedian(values, 3, 1, all, whole)]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect([...discMedian(Uint8Array.of(9, 0, 0, 0, 0, 0, 0, 0, 0), 3, 1, all, whole)][0]).toBe(9);
  const one = Uint8Array.of(0, 0, 0, 0, 1, 0, 0, 0, 0);
  expect([...discMedian(values, 3, 1, one, whole)]).toEqual([0, 0, 0, 0, 5, 0, 0, 0, 0]);
});
