import { execFileSync } from 'node:child_process';
import { randomStream } from '@ddad/compute';
import { describe, expect, test } from 'vitest';
import { maskRegions } from './mask-regions.ts';
import { PixelTruth } from './pixel-truth.ts';

test('pixels that touch at a corner are one region', () => {
  const mask = [
    [1, 0, 0, 9],
    [0, 1, 0, 9],
    [0, 0, 0, 0],
    [3, 0, 0, 1],
  ].flat();
  const { regions, sizes } = maskRegions(mask, 4);
  expect(sizes).toEqual([2, 2, 1, 1]);
  expect([...regions]).toEqual([0, -1, -1, 1, -1, 0, -1, 1, -1, -1, -1, -1, 2, -1, -1, 3]);
});

test('by hand', () => {
  const truth = new PixelTruth({ lowest: 0, highest: 10, threshold: 5 });
  // Regions of two pixels (9, 1) and of one (5); outside 6, 4, 3, 2 and 0, 0, 0, 0, 0, 0.
  truth.add([9, 1, 6, 4, 3, 2, 0, 0], [1, 1, 0, 0, 0, 0, 0, 0], 8);
  truth.add([5, 0, 0, 0, 0], [255, 0, 0, 0, 0], 5);
  const figures = truth.figures()!;
  // Pairs that are right, of 3 · 10: 9 over all 10, 5 over 9, 1 over 6.
  expect(figures.auroc).toBeCloseTo(25 / 30, 12);
  // From the top 9 (1 of 1), 5 (2 of 3), 1 (3 of 7).
  expect(figures.ap).toBeCloseTo((1 + 2 / 3 + 3 / 7) / 3, 12);
  // Up to 3 of 10 outside: overlap 1/4 until 6 came (1 of 10), then (1/2 + 1) / 2 for 4 and 3.
  expect(figures.aupro).toBeCloseTo((1 / 4 + 3 / 4 + 3 / 4) / 3, 12);
  // Called from 5 on: 9, 6, 5; 2 of 3 are right: 2 · 2 / (3 + 3).
  expect(figures.diceAtThreshold).toBeCloseTo(4 / 6, 12);
  expect(figures.bestDice).toBeCloseTo(4 / 6, 12);
  expect(figures.bestThreshold).toBeCloseTo(5, 4);
});

test('without pixels of both kinds there is nothing to compare; other sizes are refused', () => {
  const truth = new PixelTruth({ lowest: 0, highest: 1, bins: 16 });
  truth.add([0.1, 0.2], [0, 0], 2);
  expect(truth.figures()).toBeNull();
  expect(() => truth.add([0.1, 0.2], [0], 2)).toThrow(
    'expected map and mask of one size and whole rows of 2, got 2 and 1',
  );
  expect(() => truth.add([0.1, Number.NaN], [0, 1], 2)).toThrow('pixel 1: expected a score, got NaN');
  expect(() => new PixelTruth({ lowest: 1, highest: 1 })).toThrow(
    'expected a highest score above the lowest',
  );
});

describe('against scikit-learn and scipy', () => {
  // Every distinct score is a threshold; the overlap at 30 % false positives lies between two of them.
  const script = `
import json, sys
import numpy as np
from scipy import ndimage
from sklearn.metrics import average_precision_score, roc_auc_score
side, limit, threshold = 48, 0.3, 0.62
data = np.frombuffer(sys.stdin.buffer.read(), np.float32).reshape(-1, 2, side, side).astype(np.float64)
maps, masks = data[:, 0], data[:, 1] > 0
scores, truth = maps.ravel(), masks.ravel()
order = np.argsort(-scores, kind="stable")
weights = np.zeros(masks.shape)
regions = 0
for image, mask in enumerate(masks):
    labels, count = ndimage.label(mask, structure=np.ones((3, 3)))
    regions += count
    for region in range(1, count + 1):
        weights[image][labels == region] = 1 / (labels == region).sum()
ends = np.r_[np.diff(scores[order]) != 0, True]
fpr = np.r_[0, np.cumsum(~truth[order])[ends] / (~truth).sum()]
pro = np.r_[0, np.cumsum(weights.ravel()[order])[ends] / regions]
below = fpr <= limit
x, y = np.r_[fpr[below], limit], np.r_[pro[below], np.interp(limit, fpr, pro)]
hits, called = np.cumsum(truth[order])[ends], np.arange(1, len(order) + 1)[ends]
at = scores >= threshold
print(json.dumps({
    "auroc": roc_auc_score(truth, scores),
    "ap": average_precision_score(truth, scores),
    "aupro": float(((y[1:] + y[:-1]) / 2 * np.diff(x)).sum() / limit),
    "bestDice": float((2 * hits / (called + truth.sum())).max()),
    "diceAtThreshold": float(2 * (at & truth).sum() / (at.sum() + truth.sum())),
}))
`;
  test.each([
    ['scores of any value', (score: number) => score],
    ['many ties', (score: number) => Math.round(score * 20) / 20],
  ])('%s', (_what, rounded) => {
    const side = 48;
    const images = 40;
    const random = randomStream(11);
    const data = new Float32Array(images * 2 * side * side);
    const truth = new PixelTruth({ lowest: 0, highest: 1.5, threshold: 0.62 });
    for (let image = 0; image < images; image++) {
      const at = image * 2 * side * side;
      for (let pixel = 0; pixel < side * side; pixel++) {
        const [x, y] = [pixel % side, Math.floor(pixel / side)];
        // Discs of two sizes in most images, none in the rest.
        const inside =
          image % 4 !== 0 &&
          (Math.hypot(x - 12, y - 15) < 3 + (image % 5) || Math.hypot(x - 34, y - 30) < 2.5);
        const noise = random.uniform();
        data[at + pixel] = rounded(Math.min(1.4, 0.8 * noise + (inside ? 0.35 : 0)));
        data[at + side * side + pixel] = inside ? 1 : 0;
      }
      const map = data.subarray(at, at + side * side);
      truth.add(map, data.subarray(at + side * side, at + 2 * side * side), side);
    }
    const output = execFileSync(process.env.DDAD_TEST_PYTHON!, ['-c', script], { input: data });
    const expected = JSON.parse(output.toString()) as Record<string, number>;
    const figures = truth.figures()! as unknown as Record<string, number>;
    for (const [name, value] of Object.entries(expected)) {
      expect(Math.abs(figures[name]! - value), name).toBeLessThan(1e-6);
    }
  });
});
