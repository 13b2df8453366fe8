import { type AxisValues, describeAxes, type RunResult, type RunScores } from '@ddad/contract';
import { bySeeds, type SeedGroup, spreadOverSeeds } from '@ddad/methods';
import type { ScoredImage } from '@ddad/report';
import { CommandFailure } from '../failure.ts';
import type { ExperimentOutcome, FinishedRun } from './finished-runs.ts';
import { scoresOfAll } from './score-columns.ts';

/** Reads the scores of a run's test images. */
export type HistogramsOf = (result: RunResult) => Promise<ScoredImage[]>;

/**
 * Fig. 6: AUC and AP over the anomalous rate, a pair of charts for each combination of whatever else varies; means and
 * standard deviations over seeds where those are an axis.
 */
export async function anomalousRateSvg({ runs }: ExperimentOutcome): Promise<string> {
  // Charts take a second to load, which no other command should wait for.
  const { anomalousRateFigure } = await import('@ddad/report');
  const groups = Map.groupBy(bySeeds(runs), ({ axes }) => describeAxes(withoutRate(axes)));
  const figures = [...groups].map(([title, group]) => ({
    title: withSeeds(title, group),
    runs: group.flatMap((one) => {
      const scores = scoresOverSeeds(one);
      return scores === null ? [] : [{ rate: Number(one.axes.anomalousRate), ...scores }];
    }),
    definitions: definitionsOf(group.flatMap(({ runs: seeds }) => seeds)),
  }));
  if (figures.every(({ runs: rated }) => rated.length === 0)) throw nothingToDraw('6');
  return anomalousRateFigure(figures);
}

/** Of the scores of runs that one chart shows, which are of one method. */
const definitionsOf = (runs: readonly FinishedRun[]) => scoresOfAll(runs).map(({ definition }) => definition);

/** A chart's title, with how many seeds its figures are means over, where they are. */
function withSeeds(title: string, groups: readonly SeedGroup<FinishedRun>[]): string {
  const most = Math.max(...groups.map(({ runs }) => runs.length));
  return most < 2 ? title : [title, `means over ${most} seeds`].filter((part) => part !== '').join(', ');
}

/** Means of AUC and AP of every score over a run's seeds, and their deviations; null where none could be judged. */
function scoresOverSeeds({ runs }: SeedGroup<FinishedRun>): {
  scores: RunScores;
  deviations: Record<string, { auc: number; ap: number }>;
} | null {
  const judged = runs.map(({ result }) => result.scores).filter((one) => one !== null);
  if (judged.length === 0) return null;
  const scores: RunScores = {};
  const deviations: Record<string, { auc: number; ap: number }> = {};
  for (const name of new Set(judged.flatMap((one) => Object.keys(one)))) {
    const found = judged.flatMap((one) => one[name] ?? []);
    const auc = spreadOverSeeds(found.map((one) => one.auc));
    const ap = spreadOverSeeds(found.map((one) => one.ap));
    scores[name] = { auc: auc.mean, ap: ap.mean };
    if (auc.std !== null && ap.std !== null) deviations[name] = { auc: auc.std, ap: ap.std };
  }
  return { scores, deviations };
}

/**
 * Fig. 8: histograms of the scores of normal and abnormal test images, of every run; of several seeds those of the first one
 * that could be judged, beside the spread of the distances over all.
 */
export async function histogramsSvg(
  { runs }: ExperimentOutcome,
  histogramsOf: HistogramsOf,
): Promise<string> {
  const { histogramFigure } = await import('@ddad/report');
  const figures = [];
  for (const { runs: seeds } of bySeeds(runs)) {
    const judged = seeds.filter(({ result }) => result.scores !== null);
    const [first] = judged;
    if (first === undefined) continue;
    const { axes, result } = first;
    if (result.scores === null) continue;
    const images = await histogramsOf(result);
    const names = Object.keys(result.scores);
    figures.push({
      title: describeAxes(axes),
      labels: images.map(({ label }) => label ?? 0),
      scores: Object.fromEntries(
        names.map((name) => [name, images.map(({ scores }) => scores[name] ?? Number.NaN)]),
      ),
      definitions: definitionsOf(seeds),
      ...(judged.length < 2 ? {} : { distances: distancesOverSeeds(names, judged) }),
    });
  }
  if (figures.length === 0) throw nothingToDraw('8');
  return histogramFigure(figures);
}

/** χ² of every score over seeds, as `histogramDistance` of their results has it. */
function distancesOverSeeds(names: readonly string[], runs: readonly FinishedRun[]) {
  return Object.fromEntries(
    names.flatMap((name) => {
      const found = runs.flatMap(({ result }) => result.histogramDistance?.[name] ?? []);
      return found.length < 2 ? [] : [[name, spreadOverSeeds(found)] as const];
    }),
  );
}

/** What else tells runs of different rates apart. */
function withoutRate({ anomalousRate: _, ...others }: AxisValues): AxisValues {
  return others;
}

function nothingToDraw(number: string): CommandFailure {
  return new CommandFailure(`figure ${number}: expected runs with labelled test images, got none`);
}
