import { scoreHistogram } from '@ddad/anomaly';
import { type ScoreName, scoreNames } from '@ddad/contract';
import { histogramChart } from '../charts/histogram-chart.ts';
import { scoreNaming } from '../score-names.ts';
import { figureSvg } from './standalone-svg.ts';

/** A run's scores of test images with labels. */
export interface HistogramRun {
  title: string;
  labels: readonly (0 | 1)[];
  scores: Partial<Record<ScoreName, readonly number[]>>;
}

/** Histograms of normal and abnormal images' scores with their χ² distances, as an SVG file: the paper's Fig. 8. */
export function histogramFigure(runs: readonly HistogramRun[]): string {
  const parts = runs.flatMap(({ title, labels, scores }) =>
    scoreNames.flatMap((name) => {
      const values = scores[name];
      if (values === undefined) return [];
      const histogram = scoreHistogram(values, labels);
      const { plain } = scoreNaming[name];
      const parts = [title, `${plain}: χ² = ${histogram.distance.toFixed(1)}`].filter((part) => part !== '');
      return [{ title: parts.join(', '), chart: histogramChart(plain, histogram) }];
    }),
  );
  return figureSvg(parts, 3);
}
