import { meanAndDeviation } from '@ddad/anomaly';
import { axisText, describeAxes, type RunResult, type ScoreName, scoreNames } from '@ddad/contract';
import { duration, percent, plural } from '../figures.ts';
import { markdownTable } from '../markdown.ts';
import type { ExperimentOutcome, FinishedRun } from './finished-runs.ts';

/** Scores that any of the runs gives, in order. */
export function scoresOf(runs: readonly { result: RunResult }[]): ScoreName[] {
  return scoreNames.filter((name) => runs.some(({ result }) => result.scores?.[name] !== undefined));
}

/** `87.9/80.7`: AUC and AP in percent, as the paper writes them; a dash where there is none. */
export function aucAp(separation: { auc: number; ap: number } | undefined): string {
  return separation === undefined ? '–' : `${percent(separation.auc)}/${percent(separation.ap)}`;
}

/** What sharing saved: `18 members trained; runs that share nothing would have trained 36 (half of the work saved)`. */
export function sharingLines({ experiment }: ExperimentOutcome): string[] {
  const saved = ({ made, naive }: { made: number; naive: number }) =>
    naive === 0 ? '' : ` (${percent(1 - made / naive)} % saved)`;
  const { members, refiners, seconds } = experiment;
  return [
    `Members trained: ${members.made} of ${members.naive} that the runs would train if each trained its own${saved(members)}.`,
    `Refiners trained: ${refiners.made} of ${refiners.naive}${saved(refiners)}.`,
    `Wall time: ${duration(seconds)}.`,
  ];
}

/** results.md: all runs, a table per axis, and what sharing saved. */
export function resultsMarkdown(outcome: ExperimentOutcome, id: string): string {
  const { experiment, axes, runs } = outcome;
  const failed = experiment.runs.filter(({ failure }) => failure !== undefined);
  const scores = scoresOf(runs);
  const parts = [
    `# Experiment ${id}`,
    `AUC/AP in percent. ${plural(experiment.runs.length, 'run')}${failed.length > 0 ? `, ${failed.length} of them failed` : ''}.`,
    sharingLines(outcome)
      .map((line) => `- ${line}`)
      .join('\n'),
  ];
  if (failed.length > 0) {
    const lines = failed.map(
      ({ axes: values, workflowId, failure }) => `- ${describeAxes(values)} (\`${workflowId}\`): ${failure}`,
    );
    parts.push('## Failed runs', lines.join('\n'));
  }
  if (scores.length === 0) {
    parts.push('No AUC and AP: the test images have no labels, or there are none.');
    return `${parts.join('\n\n')}\n`;
  }
  parts.push(
    '## All runs',
    markdownTable(
      ['run', ...axes, ...scores],
      runs.map(({ number, axes: values, result }) => [
        String(number),
        ...axes.map((axis) => axisText(values[axis])),
        ...scores.map((name) => aucAp(result.scores?.[name])),
      ]),
    ),
  );
  if (axes.length > 1) for (const axis of axes) parts.push(...axisTable(axis, outcome, scores));
  return `${parts.join('\n\n')}\n`;
}

/** One axis against the scores, over whatever else varies: means of AUC and AP with standard deviations over the runs. */
function axisTable(axis: string, { axes, runs }: ExperimentOutcome, scores: readonly ScoreName[]): string[] {
  const groups = new Map<string, FinishedRun[]>();
  for (const run of runs) {
    const value = axisText(run.axes[axis]);
    groups.set(value, [...(groups.get(value) ?? []), run]);
  }
  const others = axes.filter((other) => other !== axis).join(', ');
  return [
    `## ${axis}`,
    `Means ± standard deviations over the runs of each value (${others} vary).`,
    markdownTable(
      [axis, 'runs', ...scores],
      [...groups].map(([value, group]) => [
        value,
        String(group.length),
        ...scores.map((name) => meanCell(group.flatMap(({ result }) => result.scores?.[name] ?? []))),
      ]),
    ),
  ];
}

function meanCell(found: { auc: number; ap: number }[]): string {
  if (found.length === 0) return '–';
  const spread = (values: number[]) => {
    const { mean, deviation } = meanAndDeviation(values);
    return `${percent(mean)} ± ${percent(deviation)}`;
  };
  return `${spread(found.map(({ auc }) => auc))} / ${spread(found.map(({ ap }) => ap))}`;
}
