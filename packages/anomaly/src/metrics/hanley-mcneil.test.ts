import { randomStream } from '@ddad/compute';
import { expect, test } from 'vitest';
import { auc } from './auc.ts';
import { hanleyMcNeil, leastForInterval } from './hanley-mcneil.ts';

test('gives the standard error of the example of Hanley and McNeil, 0.0325 for 51 and 58 images', () => {
  // By hand: Q1 = 0.893 / 1.107 = 0.80668, Q2 = 2 · 0.797449 / 1.893 = 0.84252; (0.095551 + 50 · 0.009235 + 57 · 0.045073) / 2958
  // = 0.0010569, of which the root is 0.03251.
  const { low, high } = hanleyMcNeil(0.893, 51, 58)!;
  expect((high - low) / 2 / 1.96).toBeCloseTo(0.0325, 3);
  expect((high + low) / 2).toBeCloseTo(0.893, 12);
});

test('stays within 0 and 1', () => {
  expect(hanleyMcNeil(0.98, 6, 6)!.high).toBe(1);
  expect(hanleyMcNeil(0.02, 6, 6)!.low).toBe(0);
});

test('of a perfect area goes as far as an area that shows a perfect one 1 of 20 times', () => {
  // Five pairs of images are all in order by an area of 0.54928 in 0.54928^5 = 0.05 of cases.
  expect(hanleyMcNeil(1, 5, 9)).toEqual({ low: expect.closeTo(0.54928, 5), high: 1 });
  expect(hanleyMcNeil(0, 9, 5)).toEqual({ low: 0, high: expect.closeTo(0.45072, 5) });
  // One pair confused promises no more than none: the equation alone says 0.990.
  expect(hanleyMcNeil(0.998, 5, 100)!.low).toBeCloseTo(0.54928, 5);
});

test('of fewer than five images of a class there is none', () => {
  expect(leastForInterval).toBe(5);
  expect(hanleyMcNeil(1, 1, 100)).toBeNull();
  expect(hanleyMcNeil(0.9, 4, 100)).toBeNull();
  expect(hanleyMcNeil(0.9, 100, 4)).toBeNull();
  expect(hanleyMcNeil(0.9, 5, 5)).not.toBeNull();
});

/** Exponential scores, abnormal ones so many times as large that an area under the ROC curve is the true one. */
function shareHeld(area: number, abnormal: number, normal: number): number {
  const stream = randomStream(5, 'hanley-mcneil', 0);
  const exponential = (mean: number) => -mean * Math.log(1 - stream.integer(0, 999_999) / 1e6);
  const labels = Array.from({ length: abnormal + normal }, (_, image) => (image < abnormal ? 1 : 0));
  const held = Array.from({ length: 1000 }, () => {
    const scores = labels.map((label) => exponential(label === 1 ? area / (1 - area) : 1));
    const { low, high } = hanleyMcNeil(auc(scores, labels), abnormal, normal)!;
    return low <= area && area <= high;
  }).filter(Boolean);
  return held.length / 1000;
}

test('holds the true area in about 95 of 100 samples', () => {
  expect(shareHeld(0.75, 40, 60)).toBeGreaterThan(0.92);
  expect(shareHeld(0.75, 40, 60)).toBeLessThan(0.98);
});

test.each([0.75, 0.9, 0.99])(
  'holds an area of %d in 94 of 100 samples or more where few are abnormal',
  (area) => {
    expect(shareHeld(area, 5, 100)).toBeGreaterThan(0.94);
  },
);
