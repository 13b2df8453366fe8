import { execFileSync } from 'node:child_process';
import { randomStream } from '@ddad/compute';
import { describe, expect, test } from 'vitest';
import { auc } from './auc.ts';
import { averagePrecision } from './average-precision.ts';
import { meanAndDeviation } from './mean-and-deviation.ts';
import { separation, separationAmong } from './separation.ts';

describe('by hand', () => {
  test('without ties', () => {
    // Of the four pairs (abnormal, normal), 0.35 > 0.1, 0.8 > 0.1, 0.8 > 0.4 are right, 0.35 > 0.4 is wrong: 3/4.
    // From the top: 0.8 hit (P 1, R 1/2), 0.4 miss, 0.35 hit (P 2/3, R 1): 1/2·1 + 1/2·2/3 = 5/6.
    const scores = [0.1, 0.4, 0.35, 0.8];
    const labels = [0, 0, 1, 1] as const;
    expect(separation(scores, labels).auc).toBe(0.75);
    expect(separation(scores, labels).ap).toBeCloseTo(5 / 6, 12);
  });

  test('with ties', () => {
    // Abnormal 2, 1; normal 2, 1, 0. Pairs: 2-2 ½, 2-1 1, 2-0 1, 1-2 0, 1-1 ½, 1-0 1: 4 of 6.
    // Thresholds: 2 (1 of 2, R 1/2), 1 (2 of 4, R 1), 0 adds no recall: 1/2·1/2 + 1/2·1/2 = 1/2.
    const scores = [2, 1, 2, 1, 0];
    const labels = [1, 1, 0, 0, 0];
    expect(auc(scores, labels)).toBeCloseTo(4 / 6, 12);
    expect(averagePrecision(scores, labels)).toBeCloseTo(1 / 2, 12);
  });

  test('all scores equal: half the area, precision the share of abnormal images', () => {
    expect(separation([3, 3, 3, 3], [0, 1, 0, 0])).toEqual({ auc: 0.5, ap: 0.25 });
  });

  test('is no more than 1 where all abnormal images score above all others, however many they are', () => {
    for (const each of [1, 3, 10, 49, 100, 600]) {
      const scores = Array.from({ length: 2 * each }, (_, i) => i);
      const labels = scores.map((_, i) => (i < each ? 0 : 1));
      expect([auc(scores, labels), averagePrecision(scores, labels)]).toEqual([1, expect.closeTo(1, 12)]);
      expect(averagePrecision(scores, labels)).toBeLessThanOrEqual(1);
    }
  });

  test('perfect and reversed', () => {
    expect(separation([0, 1, 2], [0, 1, 1])).toEqual({ auc: 1, ap: 1 });
    // Reversed: the abnormal images come third and second of three: 1/2·1/2 + 1/2·2/3 = 7/12.
    const reversed = separation([0, -1, -2], [0, 1, 1]);
    expect(reversed.auc).toBe(0);
    expect(reversed.ap).toBeCloseTo(7 / 12, 12);
  });

  test('mean and deviation divide by K', () => {
    // Deviations from 5: -3 -1 -1 -1 0 0 2 4; squares add up to 32; √(32/8) = 2.
    expect(meanAndDeviation([2, 4, 4, 4, 5, 5, 7, 9])).toEqual({ mean: 5, deviation: 2 });
    expect(() => meanAndDeviation([])).toThrow('expected at least one value, got none');
  });

  test("a network's score has its own AUC and AP, with mean and deviation of the AUC of all networks", () => {
    // AUC of the networks: 1, 0, 1; mean 2/3, deviation √((1/9 + 4/9 + 1/9) / 3) = √2/3.
    const labels = [0, 1];
    const own = Float32Array.of(0, 1);
    const found = separationAmong(own, [own, [1, 0], [0, 2]], labels);
    expect(found).toMatchObject({ auc: 1, ap: 1 });
    expect(found.aucMean).toBeCloseTo(2 / 3, 12);
    expect(found.aucStd).toBeCloseTo(Math.SQRT2 / 3, 12);
    expect(() => separationAmong(own, [], labels)).toThrow('at least one network');
  });
});

describe('against scikit-learn', () => {
  const script = `
import json, sys
from sklearn.metrics import average_precision_score, roc_auc_score
cases = json.load(sys.stdin)
print(json.dumps([[roc_auc_score(c["labels"], c["scores"]), average_precision_score(c["labels"], c["scores"])] for c in cases]))
`;
  /** Scores drawn from this many distinct values (ties) or all different, with this many abnormal images. */
  function cases(what: string, count: number, distinct: number | null, abnormal: (images: number) => number) {
    return Array.from({ length: count }, (_, index) => {
      const stream = randomStream(0, what, index);
      const images = stream.integer(2, 400);
      const ones = Math.min(images - 1, Math.max(1, abnormal(images)));
      const order = stream.shuffle(images);
      const labels = Array.from({ length: images }, (_, image) => (order[image]! < ones ? 1 : 0));
      const scores = labels.map((label) =>
        distinct === null ? stream.uniform() + 0.2 * label : stream.integer(0, distinct - 1) / 7,
      );
      return { what, labels, scores };
    });
  }

  test('equals it to 1e-9 on random, tied and lopsided cases', () => {
    const python = process.env.DDAD_TEST_PYTHON;
    if (python === undefined) {
      throw new Error(
        'expected DDAD_TEST_PYTHON, a Python with numpy and scikit-learn, got nothing: run `make test`',
      );
    }
    const all = [
      ...cases('random', 30, null, (images) => Math.round(images / 2)),
      ...cases('tied', 30, 4, (images) => Math.round(images / 3)),
      ...cases('one abnormal', 15, 20, () => 1),
      ...cases('one normal', 15, 20, (images) => images - 1),
      ...cases('all tied', 5, 1, (images) => Math.round(images / 2)),
    ];
    const answer = execFileSync(python, ['-c', script], {
      input: JSON.stringify(all),
      encoding: 'utf8',
      timeout: 120_000,
    });
    const reference = JSON.parse(answer) as [number, number][];
    for (const [index, { what, scores, labels }] of all.entries()) {
      const [expectedAuc, expectedAp] = reference[index]!;
      const found = separation(scores, labels);
      expect(Math.abs(found.auc - expectedAuc), `AUC, ${what} ${index}`).toBeLessThan(1e-9);
      expect(Math.abs(found.ap - expectedAp), `AP, ${what} ${index}`).toBeLessThan(1e-9);
    }
  }, 150_000);
});

describe('refusals', () => {
  test.each([auc, averagePrecision, separation])('say what was expected and what came (%o)', (metric) => {
    expect(() => metric([1, 2], [1, 1])).toThrow(
      'expected both normal and abnormal images, got 0 normal and 2 abnormal ones',
    );
    expect(() => metric([1, 2], [0, 0])).toThrow('got 2 normal and 0 abnormal ones');
    expect(() => metric([], [])).toThrow('got 0 normal and 0 abnormal ones');
    expect(() => metric([1, Number.NaN], [0, 1])).toThrow('expected finite scores, got NaN at position 1');
    expect(() => metric([Number.POSITIVE_INFINITY, 1], [0, 1])).toThrow('got Infinity at position 0');
    expect(() => metric([1, 2, 3], [0, 1, 2])).toThrow('expected labels 0 and 1, got 2 at position 2');
    expect(() => metric([1, 2, Number.NaN], [0, 0])).toThrow(
      'expected as many labels as scores, got 2 labels and 3 scores; ' +
        'expected finite scores, got NaN at position 2; ' +
        'expected both normal and abnormal images, got 2 normal and 0 abnormal ones',
    );
  });
});
