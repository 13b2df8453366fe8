import { meanAndDeviation } from '@ddad/anomaly';
import { axisText, type SharedScore, seedAxis } from '@ddad/contract';
import { type CellSpread, spreadOverSeeds } from '@ddad/methods';
import { markdownTable } from '@ddad/report/markdown';
import type { ExperimentOutcome, FinishedRun } from './finished-runs.ts';
import { separationOf } from './score-columns.ts';
import { spreadCell } from './table-text.ts';

/**
 * One axis against the scores, over whatever else varies: means of AUC and AP with standard deviations over the runs. Where
 * there are seeds, the deviations are over them alone, each seed's figure the mean over what else varies. A run beside which
 * another value has none is left out: the values would differ by what their other axes have.
 * @param seeds what is said of figures over seeds; null where there are none
 * @returns parts of a Markdown text
 */
export function axisTable(
  axis: string,
  { axes, runs }: ExperimentOutcome,
  scores: readonly SharedScore[],
  seeds: string | null,
): string[] {
  const others = axes.filter((other) => other !== axis && (seeds === null || other !== seedAxis)).join(', ');
  const columns = scores.map((score) => ({ score, runs: besideAllValues(axis, runs, score) }));
  const leftOut = runs.filter((run) =>
    columns.some(({ score, runs: kept }) => separationOf(score, run) !== undefined && !kept.has(run)),
  );
  const rows = [...Map.groupBy(runs, (run) => axisText(run.axes[axis]))].map(([value, group]) => [
    value,
    String(group.filter((run) => !leftOut.includes(run)).length),
    ...columns.map(({ score, runs: kept }) =>
      cellOf(
        group.filter((run) => kept.has(run)),
        score,
        seeds !== null,
      ),
    ),
  ]);
  return [
    `## ${axis}`,
    seeds === null
      ? `Means ± standard deviations over the runs of each value (${others} vary).`
      : `${seeds} Each seed's figure is the mean over its runs of each value (${others} varies).`,
    ...(leftOut.length === 0 ? [] : [leftOutText(leftOut)]),
    markdownTable([axis, 'runs', ...scores.map(({ title }) => title)], rows),
  ];
}

/** Runs with a score beside which, all other axes the same, every value of the axis that has the score at all has it too. */
function besideAllValues(axis: string, runs: readonly FinishedRun[], score: SharedScore): Set<FinishedRun> {
  const scored = runs.filter((run) => separationOf(score, run) !== undefined);
  const values = new Set(scored.map((run) => axisText(run.axes[axis])));
  const beside = Map.groupBy(scored, ({ axes: { [axis]: _, ...others } }) => JSON.stringify(others));
  return new Set([...beside.values()].filter((group) => group.length === values.size).flat());
}

function leftOutText(runs: readonly FinishedRun[]): string {
  const numbers = runs.map(({ number }) => String(number)).join(', ');
  return `Left out, as another value has no finished run beside: run ${numbers}.`;
}

function cellOf(runs: readonly FinishedRun[], score: SharedScore, seeded: boolean): string {
  const found = (some: readonly FinishedRun[]) => some.flatMap((run) => separationOf(score, run) ?? []);
  if (!seeded) return spreadCell(found(runs), overRuns);
  const means = [...Map.groupBy(runs, (run) => axisText(run.axes[seedAxis])).values()].map((own) => {
    const mean = (metric: 'auc' | 'ap') => overRuns(found(own).map((one) => one[metric])).mean;
    return { auc: mean('auc'), ap: mean('ap') };
  });
  return spreadCell(means, spreadOverSeeds);
}

/** The runs of a value are all that there are of it: their deviation divides by their number. */
function overRuns(values: readonly number[]): CellSpread {
  const { mean, deviation } = meanAndDeviation(values);
  return { mean, std: deviation };
}
