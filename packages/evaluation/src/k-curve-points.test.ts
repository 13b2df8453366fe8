import { expect, test } from 'vitest';
import { kCurvePoints } from './k-curve-points.ts';

test('gives mean and deviation of AUC and AP over the subsets of each size', async () => {
  // Images 0 and 1 are normal. Three of four pairs right, AUC 3/4, AP 1/2·1 + 1/2·2/3 = 5/6; all right; all wrong.
  const [some, all, none] = [
    [0.125, 0.5, 0.375, 0.75],
    [0.125, 0.25, 0.375, 0.5],
    [0.75, 0.5, 0.375, 0.25],
  ];
  const tensor = (...rows: number[][]) => ({
    shape: [rows.length, 4],
    data: Float32Array.from(rows.flat()),
  });
  const tensors = new Map([
    ['recEnsemble.1', tensor(all, some)],
    ['recEnsemble.2', tensor(all)],
    ['aIntra.2', tensor(none)],
    ['aInter.1', tensor(all, none)],
    ['aInter.2', tensor(some)],
  ]);
  const [first, second, ...more] = await kCurvePoints(tensors, [0, 0, 1, 1]);
  expect(more).toEqual([]);
  expect(first).toMatchObject({
    k: 1,
    subsets: 2,
    scores: {
      recEnsemble: { auc: { mean: 7 / 8, std: 1 / 8 } },
      aInter: { auc: { mean: 0.5, std: 0.5 } },
    },
  });
  expect(first!.scores.recEnsemble!.ap.mean).toBeCloseTo((1 + 5 / 6) / 2, 12);
  expect(first!.scores).not.toHaveProperty('aIntra');
  expect(second).toMatchObject({
    k: 2,
    subsets: 1,
    scores: { aIntra: { auc: { mean: 0, std: 0 } }, aInter: { auc: { mean: 0.75, std: 0 } } },
  });
});
