import {
  axisText,
  type KCurvePoint,
  type PixelFigures,
  type RunResult,
  type RunScores,
} from '@ddad/contract';
import { definitionsOf } from '@ddad/runs';
import { csvFormatRows } from 'd3-dsv';
import type { ExperimentOutcome, FinishedRun } from './finished-runs.ts';

/** One line of results.csv beside what names its run. */
export interface Line {
  /**
   * What the figures are over: `run`, its whole test set; `without copies`; `members`, a score of each
   * single network; `subsets` of k members; `pixels` of the test images, against masks; `pathology NAME`, its images against all normal ones; `seen`, `unseen` (Table 4); `label-free`, the
   * unlabeled images against the held-out normal ones.
   */
  of: string;
  score: string;
  /** Members per role; null where the method has none. */
  k: number | null;
  auc: number;
  aucStd?: number;
  ap?: number;
  apStd?: number;
  /** Of pixels alone. */
  pixels?: PixelFigures;
}

/**
 * results.csv: every figure of every run in long form. Shares in 0..1, not percent; standard deviations stand where the
 * figures are means.
 */
export function resultsCsv({ axes, runs }: ExperimentOutcome): string {
  // Columns that stand where any run was compared with masks.
  const masked = runs.some(({ result }) => result.pixelTruth?.scores != null);
  const pixelColumns = masked ? ['aupro', 'best_dice', 'dice_at_threshold'] : [];
  const header = ['run', ...axes, 'of', 'score', 'k', 'auc', 'auc_std', 'ap', 'ap_std', ...pixelColumns];
  const rows = runs.flatMap((run) =>
    linesOf(run).map(({ of, score, k, auc, aucStd, ap, apStd, pixels }) => [
      String(run.number),
      ...axes.map((axis) => axisText(run.axes[axis])),
      of,
      score,
      k === null ? '' : String(k),
      ...[
        ...[auc, aucStd, ap, apStd],
        ...(masked ? [pixels?.aupro, pixels?.bestDice, pixels?.diceAtThreshold] : []),
      ].map((figure) => (figure === undefined ? '' : String(figure))),
    ]),
  );
  return `${csvFormatRows([header, ...rows])}\n`;
}

/** A run's lines. */
export function linesOf({ result }: FinishedRun): Line[] {
  const { scores, withoutCopies, kCurve } = result;
  const names = definitionsOf(result).map(({ name }) => name);
  const k = membersPerRole(result);
  if (scores === null) return [...pixelLines(names, result, k), ...labelFreeLines(names, result, k)];
  return [
    ...separations(names, scores, 'run', k),
    ...pixelLines(names, result, k),
    ...names.flatMap((score) => memberLines(score, scores)),
    ...(withoutCopies?.scores == null ? [] : separations(names, withoutCopies.scores, 'without copies', k)),
    ...(kCurve ?? []).flatMap((point) => subsetLines(names, point)),
    ...pathologyScores(result).flatMap(([of, found]) =>
      found === null ? [] : separations(names, found, of, k),
    ),
    ...labelFreeLines(names, result, k),
  ];
}

/** So many as finished of the first role. */
function membersPerRole({ kPerRole, k }: RunResult): number | null {
  const finished = Object.values(kPerRole ?? {})[0];
  return finished ?? (typeof k === 'number' ? k : null);
}

function memberLines(score: string, scores: RunScores): Line[] {
  const { aucMean, aucStd } = scores[score] ?? {};
  return aucMean === undefined || aucStd === undefined
    ? []
    : [{ of: 'members', score, k: 1, auc: aucMean, aucStd }];
}

function pixelLines(names: readonly string[], { pixelTruth }: RunResult, k: number | null): Line[] {
  return names.flatMap((score): Line[] => {
    const pixels = pixelTruth?.scores?.[score];
    return pixels === undefined ? [] : [{ of: 'pixels', score, k, auc: pixels.auroc, ap: pixels.ap, pixels }];
  });
}

function labelFreeLines(names: readonly string[], { labelFree }: RunResult, k: number | null): Line[] {
  return names.flatMap((score): Line[] => {
    const auc = labelFree?.scores[score]?.auc ?? null;
    return auc === null ? [] : [{ of: 'label-free', score, k, auc }];
  });
}

function subsetLines(names: readonly string[], { k, scores }: KCurvePoint): Line[] {
  return names.flatMap((score): Line[] => {
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

function separations(names: readonly string[], scores: RunScores, of: string, k: number | null): Line[] {
  return names.flatMap((score): Line[] => {
    const found = scores[score];
    return found === undefined ? [] : [{ of, score, k, auc: found.auc, ap: found.ap }];
  });
}
