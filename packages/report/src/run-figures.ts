import type { RunResult, ScoreDefinition } from '@ddad/contract';
import { definitionsOf, describeRun } from '@ddad/runs/described';
import { precisionRecallChart, rocChart } from './charts/curve-charts.ts';
import { percent } from './figures.ts';
import { histogramFigure } from './paper-figures/histogram-figure.ts';
import { figureSvg } from './paper-figures/standalone-svg.ts';
import { presentScores } from './score-looks.ts';
import { readScoresCsv } from './scores-csv.ts';

/** A run's scores of its test images, which have labels of both classes. */
export interface FiguredRun {
  /** What tells the run apart. */
  title: string;
  definitions: readonly ScoreDefinition[];
  labels: readonly (0 | 1)[];
  /** By name. */
  scores: Readonly<Record<string, readonly number[]>>;
  /** AUC and AP by name, for the titles of curves. */
  separations: Readonly<Record<string, { auc: number; ap: number }>>;
}

/** Charts in a row. */
const across = 3;

/**
 * The figures of a run's report as SVG files of their own: a ROC and a precision-recall curve for each score, and histograms. Of
 * what maps give beside their means there is none, as in the paper.
 */
export function runFigures(run: FiguredRun): { name: string; svg: string }[] {
  const { definitions, labels, scores, separations, title } = run;
  const means = definitions.filter(({ from }) => from === undefined);
  const looks = presentScores(means, scores);
  if (looks.length === 0) return [];
  const curves = (chart: typeof rocChart, figure: 'auc' | 'ap', called: string) =>
    figureSvg(
      looks.map((look) => {
        const found = separations[look.name]?.[figure];
        const own = found === undefined ? '' : `: ${called} ${percent(found)} %`;
        const drawn = { look, scores: scores[look.name] ?? [], width: 2, hidden: false };
        return { title: `${look.name}${own}`, chart: chart([drawn], labels) };
      }),
      across,
    );
  return [
    { name: 'roc.svg', svg: curves(rocChart, 'auc', 'AUC') },
    { name: 'precision-recall.svg', svg: curves(precisionRecallChart, 'ap', 'AP') },
    { name: 'histograms.svg', svg: histogramFigure([{ title, labels, scores, definitions }]) },
  ];
}

/**
 * The figures of a finished run.
 * @param csv its scores.csv
 * @returns none where its test images have no labels
 */
export function reportFigures(result: RunResult, csv: string): { name: string; svg: string }[] {
  const { scores: separations } = result;
  const images = readScoresCsv(csv);
  const labels = images.flatMap(({ label }) => label ?? []);
  if (separations === null || labels.length !== images.length) return [];
  const scores = Object.keys(separations).flatMap((name) => {
    const values = images.flatMap((image) => image.scores[name] ?? []);
    return values.length === images.length ? [[name, values] as const] : [];
  });
  return runFigures({
    title: `${result.dataset}: ${describeRun(result)}`,
    definitions: definitionsOf(result),
    labels,
    scores: Object.fromEntries(scores),
    separations,
  });
}
