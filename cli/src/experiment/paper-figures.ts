import { type AxisValues, describeAxes, type RunResult } from '@ddad/contract';
import type { ScoredImage } from '@ddad/report';
import { CommandFailure } from '../failure.ts';
import type { ExperimentOutcome, FinishedRun } from './finished-runs.ts';
import { definitionsOfAll } from './score-columns.ts';

/** Reads the scores of a run's test images. */
export type HistogramsOf = (result: RunResult) => Promise<ScoredImage[]>;

/** Fig. 6: AUC and AP over the anomalous rate, a pair of charts for each combination of whatever else varies. */
export async function anomalousRateSvg({ runs }: ExperimentOutcome): Promise<string> {
  // Charts take a second to load, which no other command should wait for.
  const { anomalousRateFigure } = await import('@ddad/report');
  const groups = new Map<string, FinishedRun[]>();
  for (const run of runs) {
    const title = describeAxes(withoutRate(run.axes));
    groups.set(title, [...(groups.get(title) ?? []), run]);
  }
  const figures = [...groups].map(([title, group]) => ({
    title,
    runs: group.flatMap(({ axes, result }) =>
      result.scores === null ? [] : [{ rate: Number(axes.anomalousRate), scores: result.scores }],
    ),
  }));
  if (figures.every(({ runs: rated }) => rated.length === 0)) throw nothingToDraw('6');
  return anomalousRateFigure(figures, definitionsOfAll(runs));
}

/** Fig. 8: histograms of the scores of normal and abnormal test images, of every run. */
export async function histogramsSvg(
  { runs }: ExperimentOutcome,
  histogramsOf: HistogramsOf,
): Promise<string> {
  const { histogramFigure } = await import('@ddad/report');
  const figures = [];
  for (const { axes, result } of runs) {
    if (result.scores === null) continue;
    const images = await histogramsOf(result);
    const names = Object.keys(result.scores);
    figures.push({
      title: describeAxes(axes),
      labels: images.map(({ label }) => label ?? 0),
      scores: Object.fromEntries(
        names.map((name) => [name, images.map(({ scores }) => scores[name] ?? Number.NaN)]),
      ),
    });
  }
  if (figures.length === 0) throw nothingToDraw('8');
  return histogramFigure(figures, definitionsOfAll(runs));
}

/** What else tells runs of different rates apart. */
function withoutRate({ anomalousRate: _, ...others }: AxisValues): AxisValues {
  return others;
}

function nothingToDraw(number: string): CommandFailure {
  return new CommandFailure(`figure ${number}: expected runs with labelled test images, got none`);
}
