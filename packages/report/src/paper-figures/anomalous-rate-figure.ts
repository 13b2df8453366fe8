import { type RunScores, type ScoreName, scoreNames } from '@ddad/contract';
import { dot, line, type Markish, text } from '@observablehq/plot';
import { renderChart } from '../charts/render-chart.ts';
import { scoreNaming } from '../score-names.ts';
import { figureSvg } from './standalone-svg.ts';

/** A run at an anomalous rate (AR). */
export interface RatedRun {
  rate: number;
  scores: RunScores;
}

/** AUC and AP of every score over the anomalous rate of the unlabeled images, as an SVG file: the paper's Fig. 6. */
export function anomalousRateFigure(groups: readonly { title: string; runs: readonly RatedRun[] }[]): string {
  const parts = groups.flatMap(({ title, runs }) =>
    (['auc', 'ap'] as const).map((metric) => ({
      title: [metric === 'auc' ? 'AUC' : 'Average precision', title].filter((part) => part !== '').join(', '),
      chart: rateChart(metric, runs),
    })),
  );
  return figureSvg(parts, 2);
}

function rateChart(metric: 'auc' | 'ap', runs: readonly RatedRun[]) {
  const rows = (name: ScoreName) =>
    runs
      .flatMap(({ rate, scores }) => {
        const found = scores[name];
        return found === undefined ? [] : [{ rate, value: found[metric] * 100 }];
      })
      .sort((a, b) => a.rate - b.rate);
  const marks = scoreNames.flatMap((name): Markish[] => {
    const points = rows(name);
    if (points.length === 0) return [];
    const { dashes, plain } = scoreNaming[name];
    const colour = `var(--${name})`;
    return [
      line(points, {
        x: 'rate',
        y: 'value',
        stroke: colour,
        strokeWidth: 1.75,
        ...(dashes === null ? {} : { strokeDasharray: dashes }),
        ariaLabel: () => plain,
      }),
      dot(points, { x: 'rate', y: 'value', fill: colour, r: 2.5 }),
      text(points.slice(-1), {
        x: 'rate',
        y: 'value',
        text: () => plain,
        fill: colour,
        textAnchor: 'start',
        dx: 6,
      }),
    ];
  });
  const name = metric === 'auc' ? 'AUC %' : 'AP %';
  return renderChart(`${name} of every score over the anomalous rate of the unlabeled images`, {
    width: 480,
    height: 320,
    marginLeft: 46,
    marginRight: 90,
    marginTop: 18,
    marginBottom: 40,
    x: {
      label: 'anomalous rate of the unlabeled images',
      labelAnchor: 'center',
      labelArrow: 'none',
      ticks: 6,
    },
    y: { label: name, labelArrow: 'none', grid: true, ticks: 6, nice: true },
    marks,
  });
}
