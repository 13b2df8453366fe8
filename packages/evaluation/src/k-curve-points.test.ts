import type { NamedTensor } from '@ddad/storage/safetensors';
import { expect, test } from 'vitest';
import { type CurveTensors, curveSubsets, kCurvePoints } from './k-curve-points.ts';
import { tensor } from './made-up-task.testing.ts';

// Images 0 and 1 are normal. Three of four pairs right, AUC 3/4, AP 1/2·1 + 1/2·2/3 = 5/6; all right; all wrong.
const some = [0.125, 0.5, 0.375, 0.75];
const all = [0.125, 0.25, 0.375, 0.5];
const none = [0.75, 0.5, 0.375, 0.25];
const labels = [0, 0, 1, 1];

function curveOf(tensors: Record<string, NamedTensor>): CurveTensors {
  return {
    shapes: new Map(Object.entries(tensors).map(([name, { shape }]) => [name, shape])),
    read: async (name) => tensors[name]!.data,
  };
}
const curve = curveOf({
  'fine.10': tensor(all),
  'odd.2': tensor(none),
  'odd.10': tensor(none),
  'even.1': tensor(all, none),
  'fine.1': tensor(all, some),
  'fine.2': tensor(all),
  'even.2': tensor(some),
});
const names = ['fine', 'odd', 'even'];
const goOn = async () => true;

test('gives mean and deviation of AUC and AP over the subsets of each size, for every score that has a tensor', async () => {
  const points = await kCurvePoints(curve, names, labels, goOn);
  expect(points!.map(({ k, subsets }) => [k, subsets])).toEqual([
    [1, 2],
    [2, 1],
    [10, 1],
  ]);
  const [first, second] = points!;
  expect(first!.scores).toEqual({
    fine: {
      auc: { mean: 7 / 8, std: 1 / 8 },
      ap: { mean: expect.closeTo((1 + 5 / 6) / 2, 12), std: expect.closeTo(1 / 12, 12) },
    },
    even: { auc: { mean: 0.5, std: 0.5 }, ap: { mean: expect.any(Number), std: expect.any(Number) } },
  });
  expect(Object.keys(second!.scores)).toEqual(names);
  expect(second).toMatchObject({
    scores: { odd: { auc: { mean: 0, std: 0 } }, even: { auc: { mean: 0.75, std: 0 } } },
  });
});

test('goes on or ends after every subset, as it is told', async () => {
  expect(curveSubsets(curve)).toBe(9);
  let steps = 0;
  const upTo = (most: number) => async () => {
    steps += 1;
    return steps < most;
  };
  expect(await kCurvePoints(curve, names, labels, upTo(100))).not.toBeNull();
  expect(steps).toBe(9);
  steps = 0;
  expect(await kCurvePoints(curve, names, labels, upTo(4))).toBeNull();
  expect(steps).toBe(4);
});

test('says every tensor that is none of a curve', async () => {
  const wrong = curveOf({
    fine: tensor(all),
    'fine.1': tensor([1, 2]),
    'fine.2': tensor(all),
    'odd.2': tensor(all, all),
  });
  await expect(kCurvePoints(wrong, names, labels, goOn)).rejects.toMatchObject({
    kind: 'invalid',
    message:
      'curve: tensor fine: expected a name SCORE.k; tensor fine.1: expected shape [1, 4], got [1, 2]; ' +
      'tensor odd.2: expected shape [1, 4], got [2, 4]',
  });
});
