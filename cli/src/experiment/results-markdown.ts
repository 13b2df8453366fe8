import { meanAndDeviation } from '@ddad/anomaly';
import { axisText, describeAxes, type PixelFigures, type Sharing } from '@ddad/contract';
import type { MethodRegistry } from '@ddad/methods';
import { duration, percent, plural } from '../figures.ts';
import { markdownTable } from '../markdown.ts';
import type { ExperimentOutcome, FinishedRun } from './finished-runs.ts';
import { definitionsOfAll, scoresOfAll } from './score-columns.ts';
import { aucAp } from './table-text.ts';

/**
 * What sharing saved, a sentence for every kind of artifact whose making is training: `Members trained: 18 of 36 that the runs
 * would train if each trained its own (50.0 % saved).`
 */
export function sharingLines(methods: MethodRegistry, { experiment }: ExperimentOutcome): string[] {
  const { artifacts, seconds } = experiment;
  const saved = ({ made, naive }: Sharing) => (naive === 0 ? '' : ` (${percent(1 - made / naive)} % saved)`);
  const trained = methods.kinds.flatMap(({ kind, trains }) => {
    const sharing = trains ? artifacts[kind] : undefined;
    return sharing === undefined ? [] : [{ kind, sharing }];
  });
  return [
    ...trained.map(({ kind, sharing }, place) => {
      const naive = place === 0 ? ' that the runs would train if each trained its own' : '';
      return `${called(kind)} trained: ${sharing.made} of ${sharing.naive}${naive}${saved(sharing)}.`;
    }),
    `Wall time: ${duration(seconds)}.`,
  ];
}

/** `Members` of kind `members`, `Fine probes` of `trained-fine-probes`. */
function called(kind: string): string {
  const words = kind.replace(/^(trained|scored)-/, '').replaceAll('-', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** results.md: all runs, a table per axis, and what sharing saved. */
export function resultsMarkdown(methods: MethodRegistry, outcome: ExperimentOutcome, id: string): string {
  const { experiment, axes, runs } = outcome;
  const failed = experiment.runs.filter(({ failure }) => failure !== undefined);
  const scores = scoresOfAll(runs);
  const parts = [
    `# Experiment ${id}`,
    `AUC/AP in percent. ${plural(experiment.runs.length, 'run')}${failed.length > 0 ? `, ${failed.length} of them failed` : ''}.`,
    sharingLines(methods, outcome)
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
    parts.push('No AUC and AP: the test images have no labels, or there are none.', ...pixelTable(outcome));
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
  parts.push(...pixelTable(outcome));
  if (axes.length > 1) for (const axis of axes) parts.push(...axisTable(axis, outcome, scores));
  return `${parts.join('\n\n')}\n`;
}

/** Maps against masks; nothing where no run was compared with any. */
function pixelTable({ axes, runs }: ExperimentOutcome): string[] {
  const figuresOf = ({ result }: FinishedRun) => result.pixelTruth?.scores ?? {};
  const scores = definitionsOfAll(runs)
    .map(({ name }) => name)
    .filter((name) => runs.some((run) => figuresOf(run)[name] !== undefined));
  if (scores.length === 0) return [];
  const cell = (figures: PixelFigures | undefined) =>
    figures === undefined
      ? '–'
      : [figures.auroc, figures.ap, figures.aupro, figures.bestDice].map(percent).join('/');
  return [
    '## Pixels',
    'Maps against masks: AUROC/AP/AUPRO/best Dice in percent.',
    markdownTable(
      ['run', ...axes, ...scores],
      runs.map((run) => [
        String(run.number),
        ...axes.map((axis) => axisText(run.axes[axis])),
        ...scores.map((name) => cell(figuresOf(run)[name])),
      ]),
    ),
  ];
}

/** One axis against the scores, over whatever else varies: means of AUC and AP with standard deviations over the runs. */
function axisTable(axis: string, { axes, runs }: ExperimentOutcome, scores: readonly string[]): string[] {
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
