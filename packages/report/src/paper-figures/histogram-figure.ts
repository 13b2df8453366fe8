import { scoreHistogram } from '@ddad/anomaly';
import type { ScoreDefinition } from '@ddad/contract';
import { histogramChart } from '../charts/histogram-chart.ts';
import { presentScores } from '../score-looks.ts';
import { figureSvg } from './standalone-svg.ts';

/** A run's scores of test images with labels. */
export interface HistogramRun {
  title: string;
  labels: readonly (0 | 1)[];
  /** By name. */
  scores: Readonly<Record<string, readonly number[]>>;
  /** Of its scores. */
  definitions: readonly ScoreDefinition[];
  /** χ² over seeds, of which the scores are those of one; absent where there is one alone. */
  distances?: Readonly<Record<string, DistanceSpread>>;
}

interface DistanceSpread {
  mean: number;
  /** Dividing by n − 1. */
  std: number | null;
  /** How many seeds. */
  n: number;
}

/**
 * Histograms of normal and abnormal images' scores with their χ² distances, as an SVG file: the paper's Fig. 8.
 * Means alone, as the paper has them: a chart of all that maps give is not read.
 */
export function histogramFigure(runs: readonly HistogramRun[]): string {
  const parts = runs.flatMap(({ title, labels, scores, definitions, distances }) => {
    const means = definitions.filter(({ from }) => from === undefined);
    return presentScores(means, scores).map(({ name }) => {
      const histogram = scoreHistogram(scores[name] ?? [], labels);
      const distance = `${name}: χ² = ${histogram.distance.toFixed(1)}${overSeeds(distances?.[name])}`;
      const parts = [title, distance].filter((part) => part !== '');
      return { title: parts.join(', '), chart: histogramChart(name, histogram) };
    });
  });
  return figureSvg(parts, 3);
}

/** ` (23.1 ± 0.4 over 3 seeds)`. */
function overSeeds(spread: DistanceSpread | undefined): string {
  if (spread === undefined || spread.std === null) return '';
  return ` (${spread.mean.toFixed(1)} ± ${spread.std.toFixed(1)} over ${spread.n} seeds)`;
}
