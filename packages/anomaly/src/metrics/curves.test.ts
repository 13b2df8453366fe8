import { randomStream } from '@ddad/compute';
import { describe, expect, test } from 'vitest';
import { auc } from './auc.ts';
import { averagePrecision } from './average-precision.ts';
import { precisionRecallCurve, rocCurve } from './curves.ts';

describe('by hand', () => {
  // From the top: 0.8 abnormal, 0.4 normal, 0.35 abnormal, 0.1 normal.
  const scores = [0.1, 0.4, 0.35, 0.8];
  const labels = [0, 0, 1, 1];

  test('the ROC curve climbs on abnormal images and goes right on normal ones', () => {
    expect(rocCurve(scores, labels).map((p) => [p.falsePositiveRate, p.truePositiveRate])).toEqual([
      [0, 0],
      [0, 0.5],
      [0.5, 0.5],
      [0.5, 1],
      [1, 1],
    ]);
  });

  test('the precision-recall curve has a point per recall', () => {
    expect(precisionRecallCurve(scores, labels).map((p) => [p.recall, p.precision])).toEqual([
      [0.5, 1],
      [1, 2 / 3],
    ]);
  });

  test('equal scores are one step, straight stretches two points', () => {
    expect(rocCurve([1, 1, 1, 1], [0, 1, 0, 1])).toHaveLength(2);
    expect(rocCurve([4, 3, 2, 1], [1, 1, 0, 0])).toHaveLength(3);
    expect(precisionRecallCurve([1, 1, 1, 1], [0, 1, 0, 1])).toEqual([{ recall: 1, precision: 0.5 }]);
  });
});

test('areas under the curves are AUC and AP, with and without ties', () => {
  for (const distinct of [5, 1000]) {
    const stream = randomStream(1, 'curves', distinct);
    const labels = Array.from({ length: 300 }, () => stream.integer(0, 1));
    const scores = labels.map((label) => stream.integer(0, distinct) + label);
    let [area, steps] = [0, 0];
    const roc = rocCurve(scores, labels);
    for (const [i, to] of roc.slice(1).entries()) {
      const from = roc[i]!;
      area +=
        ((to.falsePositiveRate - from.falsePositiveRate) * (to.truePositiveRate + from.truePositiveRate)) / 2;
    }
    let recall = 0;
    for (const point of precisionRecallCurve(scores, labels)) {
      steps += (point.recall - recall) * point.precision;
      recall = point.recall;
    }
    expect(area).toBeCloseTo(auc(scores, labels), 12);
    expect(steps).toBeCloseTo(averagePrecision(scores, labels), 12);
  }
});
