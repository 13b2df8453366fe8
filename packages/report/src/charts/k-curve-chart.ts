import { type KCurvePoint, kCurveScores } from '@ddad/contract';
import { areaY, dot, line, type Markish } from '@observablehq/plot';
import type { Html } from '../html.ts';
import { scoreNaming } from '../score-names.ts';
import { rangeOf } from './range.ts';
import { renderChart } from './render-chart.ts';

const metricNames = { auc: 'AUC %', ap: 'AP %' } as const;

/** A metric of every score over the number of members per role: means over the subsets, and ± one standard deviation. */
export function kCurveChart(metric: 'auc' | 'ap', points: readonly KCurvePoint[]): Html {
  const marks = kCurveScores.flatMap((name): Markish[] => {
    const rows = points.flatMap(({ k, scores }) => {
      const found = scores[name]?.[metric];
      if (found === undefined) return [];
      const [mean, std] = [found.mean * 100, found.std * 100];
      return [{ k, mean, low: mean - std, high: mean + std }];
    });
    if (rows.length === 0) return [];
    const { dashes, plain } = scoreNaming[name];
    const colour = `var(--${name})`;
    return [
      areaY(rows, {
        x: 'k',
        y1: 'low',
        y2: 'high',
        fill: colour,
        fillOpacity: 0.15,
        ariaLabel: () => `${plain} ±`,
      }),
      line(rows, {
        x: 'k',
        y: 'mean',
        stroke: colour,
        strokeWidth: 1.75,
        ...(dashes === null ? {} : { strokeDasharray: dashes }),
        ariaLabel: () => plain,
      }),
      dot(rows, { x: 'k', y: 'mean', fill: colour, r: 2.5 }),
    ];
  });
  const ks = points.map(({ k }) => k);
  return renderChart(
    `${metricNames[metric]} over the number of members per role; the figures are in the table beside it`,
    {
      width: 440,
      height: 300,
      marginLeft: 46,
      marginRight: 12,
      marginTop: 18,
      marginBottom: 40,
      x: {
        domain: [...rangeOf(ks)],
        label: 'k, members per role',
        labelAnchor: 'center',
        labelArrow: 'none',
        ticks: Math.min(ks.length - 1, 15),
        tickFormat: 'd',
      },
      y: { label: metricNames[metric], labelArrow: 'none', grid: true, ticks: 6, nice: true },
      marks,
    },
  );
}
