import {
  axisText,
  describeAxes,
  type PixelFigures,
  type SharedScore,
  type Sharing,
  seedAxis,
} from '@ddad/contract';
import { bySeeds, type MethodRegistry, spreadOverSeeds } from '@ddad/methods';
import { markdownTable } from '@ddad/report/markdown';
import { duration, percent, plural } from '../figures.ts';
import { axisTable } from './axis-table.ts';
import type { ChoiceReport } from './choice/attend-choice.ts';
import { choiceSection } from './choice/choice-text.ts';
import type { ExperimentOutcome, FinishedRun } from './finished-runs.ts';
import { overSeedsText } from './over-seeds-text.ts';
import { scoresOfAll, separationOf, under } from './score-columns.ts';
import { aucAp, spreadCell } from './table-text.ts';

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

/** results.md: what was chosen, where anything was, all runs, a table per axis, and what sharing saved. */
export function resultsMarkdown(
  methods: MethodRegistry,
  outcome: ExperimentOutcome,
  id: string,
  choice: ChoiceReport | null = null,
): string {
  const { experiment, axes, runs } = outcome;
  const failed = experiment.runs.filter(({ failure }) => failure !== undefined);
  const scores = scoresOfAll(runs).filter((score) =>
    runs.some((run) => separationOf(score, run) !== undefined),
  );
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
  if (choice !== null) parts.push(...choiceSection(choice, axes));
  if (scores.length === 0) {
    parts.push('No AUC and AP: the test images have no labels, or there are none.', ...pixelTable(outcome));
    return `${parts.join('\n\n')}\n`;
  }
  const others = axes.filter((axis) => axis !== seedAxis);
  const seeds = overSeedsText(runs);
  const tabled = seeds === null ? axes : others;
  parts.push(
    '## All runs',
    ...(seeds === null ? [runTable(outcome, scores)] : [seeds, seedTable(outcome, scores)]),
  );
  parts.push(...pixelTable(outcome));
  if (tabled.length > 1) for (const axis of tabled) parts.push(...axisTable(axis, outcome, scores, seeds));
  return `${parts.join('\n\n')}\n`;
}

const titlesOf = (scores: readonly SharedScore[]) => scores.map(({ title }) => title);

/** A line a run. */
function runTable({ axes, runs }: ExperimentOutcome, scores: readonly SharedScore[]): string {
  return markdownTable(
    ['run', ...axes, ...titlesOf(scores)],
    runs.map((run) => [
      String(run.number),
      ...axes.map((axis) => axisText(run.axes[axis])),
      ...scores.map((score) => aucAp(separationOf(score, run))),
    ]),
  );
}

/** A line for all seeds of a run. */
function seedTable({ axes, runs }: ExperimentOutcome, scores: readonly SharedScore[]): string {
  const others = axes.filter((axis) => axis !== seedAxis);
  return markdownTable(
    [...others, 'seeds', ...titlesOf(scores)],
    bySeeds(runs).map(({ axes: values, runs: seeds }) => [
      ...others.map((axis) => axisText(values[axis])),
      String(seeds.length),
      ...scores.map((score) => {
        const found = seeds.flatMap((run) => separationOf(score, run) ?? []);
        return spreadCell(found, spreadOverSeeds);
      }),
    ]),
  );
}

/** Maps against masks; nothing where no run was compared with any. */
function pixelTable({ axes, runs }: ExperimentOutcome): string[] {
  const figuresOf = (score: SharedScore, run: FinishedRun) =>
    under(score, run, run.result.pixelTruth?.scores);
  const scores = scoresOfAll(runs).filter((score) => runs.some((run) => figuresOf(score, run) !== undefined));
  if (scores.length === 0) return [];
  const seeds = overSeedsText(runs);
  const parts = ['## Pixels', 'Maps against masks: AUROC/AP/AUPRO/best Dice in percent.'];
  if (seeds !== null) {
    const others = axes.filter((axis) => axis !== seedAxis);
    const rows = bySeeds(runs).map(({ axes: values, runs: own }) => [
      ...others.map((axis) => axisText(values[axis])),
      String(own.length),
      ...scores.map((score) => pixelCell(own.flatMap((run) => figuresOf(score, run) ?? []))),
    ]);
    return [...parts, seeds, markdownTable([...others, 'seeds', ...titlesOf(scores)], rows)];
  }
  const rows = runs.map((run) => [
    String(run.number),
    ...axes.map((axis) => axisText(run.axes[axis])),
    ...scores.map((score) => pixelCell(figuresOf(score, run) ?? [])),
  ]);
  return [...parts, markdownTable(['run', ...axes, ...titlesOf(scores)], rows)];
}

/** `93.8/50.0/75.0/62.5`, of several seeds ` ± 0.3/0.2/0.1/0.4` behind the means. */
function pixelCell(found: PixelFigures | readonly PixelFigures[]): string {
  const all = [found].flat();
  if (all.length === 0) return '–';
  const spreads = (['auroc', 'ap', 'aupro', 'bestDice'] as const).map((figure) =>
    spreadOverSeeds(all.map((one) => one[figure])),
  );
  const means = spreads.map(({ mean }) => percent(mean)).join('/');
  const deviations = spreads.flatMap(({ std }) => (std === null ? [] : percent(std)));
  return deviations.length === 0 ? means : `${means} ± ${deviations.join('/')}`;
}
