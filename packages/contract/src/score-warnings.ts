import type { RunResult } from './run-result.ts';

/** A threshold that finds less than this share of the abnormal images finds next to nothing. */
const nextToNothing = 0.1;

/** What makes scores doubtful, and whose they are. */
export interface ScoreWarning {
  /** `inverted`, `chance`: of a score's AUC; `blind`: of its threshold from held-out normal images. */
  kind: 'inverted' | 'chance' | 'blind';
  title: string;
  /** Names, in the order of the result; at least one. */
  scores: string[];
  /** What it means, as a sentence behind the names. */
  meaning: string;
}

/**
 * What a reader has to know before trusting a run's scores: which call normal images the abnormal ones, which may be chance,
 * and which thresholds find next to nothing.
 * @returns no warning without scores
 */
export function scoreWarnings({
  scores,
  calibration,
}: Pick<RunResult, 'scores' | 'calibration'>): ScoreWarning[] {
  const named = Object.entries(scores ?? {});
  const of = (kind: ScoreWarning['kind'], title: string, found: string[], meaning: string): ScoreWarning[] =>
    found.length === 0 ? [] : [{ kind, title, scores: found, meaning }];
  const inverted = named.flatMap(([name, { auc, aucInterval }]) =>
    (aucInterval?.high ?? auc) < 0.5 ? [name] : [],
  );
  const chance = named.flatMap(([name, { aucInterval }]) =>
    aucInterval !== undefined && aucInterval.low < 0.5 && aucInterval.high >= 0.5 ? [name] : [],
  );
  const blind = Object.entries(calibration?.thresholds ?? {}).flatMap(
    ([name, { sensitivity, specificity }]) => {
      if (sensitivity === null) return [];
      const falseAlarms = specificity === null ? 0 : 1 - specificity;
      return sensitivity < nextToNothing || sensitivity <= falseAlarms ? [name] : [];
    },
  );
  return [
    ...of('inverted', 'Inverted.', inverted, 'normal images score higher than abnormal ones.'),
    ...of('chance', 'Chance?', chance, 'the interval of the AUC reaches below 50 %.'),
    ...of(
      'blind',
      'Blind.',
      blind,
      'the threshold finds less than 10 % of the abnormal test images, or no larger share than of the normal ones.',
    ),
  ];
}
