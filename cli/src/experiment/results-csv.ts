import {
  axisText,
  type KCurvePoint,
  kCurveScores,
  type RunResult,
  type RunScores,
  scoreNames,
} from '@ddad/contract';
import { csvFormatRows } from 'd3-dsv';
import type { ExperimentOutcome, FinishedRun } from './finished-runs.ts';

/** One line of results.csv beside what names its run. */
interface Line {
  /**
   * What the figures are over: `run`, its whole test set; `without copies`; `members`, `rec` of each NDM member; `subsets`
   * of k members; `pathology NAME`, its images against all normal ones; `seen`, `unseen` (Table 4); `label-free`, the
   * unlabeled images against the held-out normal ones.
   */
  of: string;
  score: string;
  k: number;
  auc: number;
  aucStd?: number;
  ap?: number;
  apStd?: number;
}

/**
 * results.csv: every figure of every run in long form. Shares in 0..1, not percent; standard deviations stand where the
 * figures are means.
 */
export function resultsCsv({ axes, runs }: ExperimentOutcome): string {
  const header = ['run', ...axes, 'of', 'score', 'k', 'auc', 'auc_std', 'ap', 'ap_std'];
  const rows = runs.flatMap((run) =>
    linesOf(run).map(({ of, score, k, auc, aucStd, ap, apStd }) => [
      String(run.number),
      ...axes.map((axis) => axisText(run.axes[axis])),
      of,
      score,
      String(k),
      ...[auc, aucStd, ap, apStd].map((figure) => (figure === undefined ? '' : String(figure))),
    ]),
  );
  return `${csvFormatRows([header, ...rows])}\n`;
}

function linesOf({ result }: FinishedRun): Line[] {
  const { scores, withoutCopies, kPerRole, kCurve } = result;
  const k = kPerRole?.ndm ?? result.k;
  if (scores === null) return labelFreeLines(result, k);
  const { aucMean, aucStd } = scores.rec;
  return [
    ...separations(scores, 'run', k),
    { of: 'members', score: 'rec', k: 1, auc: aucMean, aucStd },
    ...(withoutCopies?.scores == null ? [] : separations(withoutCopies.scores, 'without copies', k)),
    ...(kCurve ?? []).flatMap(subsetLines),
    ...pathologyScores(result).flatMap(([of, found]) => (found === null ? [] : separations(found, of, k))),
    ...labelFreeLines(result, k),
  ];
}

function labelFreeLines({ labelFree }: RunResult, k: number): Line[] {
  return scoreNames.flatMap((score): Line[] => {
    const auc = labelFree?.scores[score]?.auc ?? null;
    return auc === null ? [] : [{ of: 'label-free', score, k, auc }];
  });
}

function subsetLines({ k, scores }: KCurvePoint): Line[] {
  return kCurveScores.flatMap((score): Line[] => {
    const found = scores[score];
    if (found === undefined) return [];
    const { auc, ap } = found;
    return [{ of: 'subsets', score, k, auc: auc.mean, aucStd: auc.std, ap: ap.mean, apStd: ap.std }];
  });
}

function pathologyScores({ pathologies }: RunResult): [of: string, scores: RunScores | null][] {
  if (pathologies === undefined) return [];
  const { each, byPool } = pathologies;
  return [
    ...each.map(({ name, scores }): [string, RunScores | null] => [`pathology ${name}`, scores]),
    ['seen', byPool.seen.scores],
    ['unseen', byPool.unseen.scores],
  ];
}

function separations(scores: RunScores, of: string, k: number): Line[] {
  return scoreNames.flatMap((score): Line[] => {
    const found = scores[score];
    return found === undefined ? [] : [{ of, score, k, auc: found.auc, ap: found.ap }];
  });
}
