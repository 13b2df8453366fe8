import { expect, test } from 'vitest';
import { firstAbove, mostTelling, operatingPoints, withNothingCalled } from './operating-points.ts';

test('counts both classes at every distinct score, from the lowest', () => {
  // From the top: 0.9 abnormal, 0.5 twice (abnormal and normal), 0.1 normal.
  expect(operatingPoints([0.5, 0.1, 0.9, 0.5], [0, 0, 1, 1])).toEqual([
    { threshold: 0.1, truePositives: 2, falsePositives: 2, falseNegatives: 0, trueNegatives: 0 },
    { threshold: 0.5, truePositives: 2, falsePositives: 1, falseNegatives: 0, trueNegatives: 1 },
    { threshold: 0.9, truePositives: 1, falsePositives: 0, falseNegatives: 1, trueNegatives: 2 },
  ]);
});

test('the most telling point has the greatest sum of sensitivity and specificity', () => {
  // Thresholds 1 2 3 4: sensitivity 1 1 1/2 1/2, specificity 0 1/2 1/2 1: sums 1, 1.5, 1, 1.5; the lowest of two wins.
  const points = operatingPoints([1, 3, 2, 4], [0, 0, 1, 1]);
  expect(mostTelling(points)).toBe(1);
});

test('the first point above a threshold calls abnormal what scores higher, not what scores the same', () => {
  const points = withNothingCalled(operatingPoints([1, 3, 2, 4], [0, 0, 1, 1]));
  expect(points[firstAbove(points, 2)]).toMatchObject({ threshold: 3, truePositives: 1, falsePositives: 1 });
  expect(points[firstAbove(points, 2.5)]!.threshold).toBe(3);
});

test('above a threshold that no image exceeds nothing is called abnormal', () => {
  const points = withNothingCalled(operatingPoints([1, 3, 2, 4, 2], [0, 0, 1, 1, 1]));
  const nothing = { truePositives: 0, falsePositives: 0, falseNegatives: 3, trueNegatives: 2 };
  for (const threshold of [4, 5]) {
    expect(points[firstAbove(points, threshold)]).toEqual({
      threshold: Number.POSITIVE_INFINITY,
      ...nothing,
    });
  }
  // It is behind the points of the scores, and tells least.
  expect(points).toHaveLength(5);
  expect(mostTelling(points)).toBe(1);
});
