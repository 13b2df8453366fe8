import { randomStream } from '@ddad/compute';
import { expect, test } from 'vitest';
import { auc } from './auc.ts';
import { hanleyMcNeil } from './hanley-mcneil.ts';

test('gives the standard error of the example of Hanley and McNeil, 0.0325 for 51 and 58 images', () => {
  // By hand: Q1 = 0.893 / 1.107 = 0.80668, Q2 = 2 · 0.797449 / 1.893 = 0.84252; (0.095551 + 50 · 0.009235 + 57 · 0.045073) / 2958
  // = 0.0010569, of which the root is 0.03251.
  const { low, high } = hanleyMcNeil(0.893, 51, 58);
  expect((high - low) / 2 / 1.96).toBeCloseTo(0.0325, 3);
  expect((high + low) / 2).toBeCloseTo(0.893, 12);
});

test('stays within 0 and 1, and has no width where nothing is confused', () => {
  expect(hanleyMcNeil(1, 5, 9)).toEqual({ low: 1, high: 1 });
  expect(hanleyMcNeil(0.98, 3, 3).high).toBe(1);
  expect(hanleyMcNeil(0.02, 3, 3).low).toBe(0);
});

test('holds the true area in about 95 of 100 samples', () => {
  const stream = randomStream(5, 'hanley-mcneil', 0);
  // Exponential scores, abnormal ones three times as large: the area is 3 / 4.
  const exponential = (mean: number) => -mean * Math.log(1 - stream.integer(0, 999_999) / 1e6);
  const labels = Array.from({ length: 100 }, (_, image) => (image < 40 ? 1 : 0));
  const held = Array.from({ length: 1000 }, () => {
    const scores = labels.map((label) => exponential(label === 1 ? 3 : 1));
    const { low, high } = hanleyMcNeil(auc(scores, labels), 40, 60);
    return low <= 0.75 && 0.75 <= high;
  }).filter(Boolean).length;
  expect(held).toBeGreaterThan(920);
  expect(held).toBeLessThan(980);
});
