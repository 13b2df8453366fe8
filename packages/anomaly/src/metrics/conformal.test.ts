import { conformalRank, leastHeldOut } from '@ddad/contract';
import { describe, expect, test } from 'vitest';
import { conformalPValues, conformalThreshold } from './conformal.ts';

const toHundred = Array.from({ length: 99 }, (_, i) => i + 1);

describe('the conformal threshold', () => {
  test('is the ceil((n + 1)(1 - rate))-th smallest held-out score', () => {
    // n = 99: 100 · 0.95 = 95; n = 19: 20 · 0.95 = 19, the largest; n = 20: 21 · 0.95 = 19.95, rounded up.
    expect(conformalThreshold(toHundred, 0.05)).toBe(95);
    expect(conformalThreshold(toHundred.slice(0, 19), 0.05)).toBe(19);
    expect(conformalThreshold(toHundred.slice(0, 20), 0.05)).toBe(20);
    expect(conformalThreshold([4, 1, 3, 2], 0.4)).toBe(3);
  });

  test('does not exist where the images are too few for the rate, of which there is a least number', () => {
    expect(conformalThreshold(toHundred.slice(0, 18), 0.05)).toBeNull();
    expect(leastHeldOut(0.05)).toBe(19);
    for (const rate of [0.3, 0.07, 0.01, 0.1, 0.9]) {
      const least = leastHeldOut(rate);
      expect(conformalRank(least, rate)).toBeLessThanOrEqual(least);
      if (least > 1) expect(conformalRank(least - 1, rate)).toBe(least);
    }
  });

  test('takes products of a rate as they are meant', () => {
    // 100 · 0.07 = 7.000000000000001 and 100 · 0.29 = 28.999999999999996 in floating point.
    expect(conformalRank(99, 0.07)).toBe(93);
    expect(conformalRank(99, 0.29)).toBe(71);
  });
});

describe('p-values', () => {
  test('count the held-out scores that are as high or higher', () => {
    expect(conformalPValues([3, 1, 2, 2], [0, 1, 2, 2.5, 4])).toEqual([1, 1, 4 / 5, 2 / 5, 1 / 5]);
  });

  test('are at most the rate exactly above the threshold', () => {
    const heldOut = [1, 2, 2, 3, 5, 5, 5, 6, 9, 9, 10];
    const scores = Array.from({ length: 24 }, (_, i) => i / 2);
    for (const rate of [0.1, 0.25, 0.5, 0.75]) {
      const threshold = conformalThreshold(heldOut, rate)!;
      const above = scores.map((score) => score > threshold);
      expect(conformalPValues(heldOut, scores).map((p) => p <= rate + 1e-12)).toEqual(above);
    }
  });
});
