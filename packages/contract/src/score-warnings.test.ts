import { expect, test } from 'vitest';
import { scoreWarnings } from './score-warnings.ts';

const of = (low: number, auc: number, high: number) => ({ auc, ap: 0.5, aucInterval: { low, high } });
const lists = (warnings: ReturnType<typeof scoreWarnings>) =>
  warnings.map(({ kind, scores }) => `${kind}: ${scores.join(', ')}`);

test('an interval that lies below one half is inverted, one that reaches below it may be chance', () => {
  const scores = {
    good: of(0.6, 0.7, 0.8),
    wide: of(0.49, 0.6, 0.7),
    low: of(0.3, 0.4, 0.5),
    wrong: of(0.1, 0.2, 0.49),
    even: of(0.5, 0.5, 0.5),
  };
  expect(lists(scoreWarnings({ scores }))).toEqual(['inverted: wrong', 'chance: wide, low']);
});

test('of results without intervals the AUC alone says what is inverted', () => {
  const scores = { right: { auc: 0.51, ap: 0.5 }, wrong: { auc: 0.49, ap: 0.5 } };
  expect(lists(scoreWarnings({ scores }))).toEqual(['inverted: wrong']);
  expect(scoreWarnings({ scores: null })).toEqual([]);
});

test('a threshold is blind that finds less than a tenth, or no more than it falsely alarms', () => {
  const at = (sensitivity: number | null, specificity: number | null) => ({
    threshold: 1,
    sensitivity,
    specificity,
  });
  const thresholds = {
    fine: at(0.1, 0.95),
    little: at(0.09, 0.95),
    noisy: at(0.25, 0.75),
    unknown: at(null, null),
  };
  const calibration = { images: 40, falsePositiveRate: 0.05, thresholds };
  expect(lists(scoreWarnings({ scores: null, calibration }))).toEqual(['blind: little, noisy']);
});
