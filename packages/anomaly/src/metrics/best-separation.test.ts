import { describe, expect, it } from 'vitest';
import { bestSeparation } from './best-separation.ts';
import { patientStrata } from './resample-images.ts';

const labels = [0, 0, 0, 1, 1, 1];
const clear = [[1, 2, 4, 3, 5, 6]];
/** Two repetitions, of AUC 5.5/9 and 8/9. */
const twice = [
  [1, 2, 3, 2, 3, 5],
  [1, 4, 2, 3, 5, 2],
];
const poor = [[3, 1, 2, 1, 4, 2]];

/** Every one of the 3⁶ resamples of three normal and three abnormal images once. */
function enumerated() {
  let draws = 0;
  const integer = () => Math.floor(Math.floor(draws / 6) / 3 ** (5 - (draws++ % 6))) % 3;
  return { resamples: 3 ** 6, confidence: 0.9, integer };
}

describe('the best of several candidates', () => {
  it('is told with the share of all resamples in which it is the best, and by how much it leads', () => {
    const { best, standings } = bestSeparation([twice, clear, poor], labels, enumerated());
    expect(best).toBe(1);
    // By scikit-learn's roc_auc_score over the 729 resamples, repetitions averaged and ties shared: of 1,000 wins and parts of
    // wins 598 2/3, 113 2/3 and 16 2/3; quantiles of the differences by numpy.
    const expected = [
      { auc: 0.75, wins: 113 + 2 / 3, value: 0.1388888889, low: -0.0833333333, high: 0.3888888889 },
      { auc: 0.8888888889, wins: 598 + 2 / 3, value: 0, low: 0, high: 0 },
      { auc: 0.5555555556, wins: 16 + 2 / 3, value: 0.3333333333, low: 0, high: 0.7222222222 },
    ];
    for (const [place, { auc, wins, value, low, high }] of expected.entries()) {
      const { probability, behind, auc: found } = standings[place]!;
      expect(found).toBeCloseTo(auc, 9);
      expect(probability * 729).toBeCloseTo(wins, 9);
      expect(behind.value).toBeCloseTo(value, 9);
      expect(behind.low).toBeCloseTo(low, 9);
      expect(behind.high).toBeCloseTo(high, 9);
    }
  });

  it('draws what it is told to, a patient with all of their images', () => {
    // Images 3 and 4 decide: of one patient, they are drawn together or not at all. Units 2 2, 3 3, and so on.
    let draws = 0;
    const integer = (below: number) => (below === 1 ? 0 : Math.floor(draws++ / 2) % 2);
    const { standings } = bestSeparation(
      [[[1, 2, 3, 4, 5, 6]], [[1, 2, 3, 0, 0, 6]]],
      labels,
      { resamples: 4, confidence: 0.9, integer },
      patientStrata(labels, [1, 1, 1, 2, 2, 3]),
    );
    expect(standings.map(({ probability }) => probability)).toEqual([0.75, 0.25]);
  });

  it('shares what candidates of one order win together', () => {
    const { best, standings } = bestSeparation(
      [clear, [clear[0]!.map((score) => score ** 3)]],
      labels,
      enumerated(),
    );
    expect(best).toBe(0);
    expect(standings.map(({ probability }) => probability)).toEqual([0.5, 0.5]);
    expect(standings[1]!.behind).toEqual({ value: 0, low: 0, high: 0 });
  });

  it('is alone with itself', () => {
    expect(bestSeparation([poor], labels, enumerated()).standings).toMatchObject([{ probability: 1 }]);
  });

  it('is refused without candidates, and of scores of other images', () => {
    expect(() => bestSeparation([], labels, enumerated())).toThrow(
      'expected at least one candidate, got none',
    );
    expect(() => bestSeparation([clear, []], labels, enumerated())).toThrow(
      'candidate 1: expected scores, got none',
    );
    expect(() => bestSeparation([[[1, 2]]], labels, enumerated())).toThrow('got 6 labels and 2 scores');
  });
});
