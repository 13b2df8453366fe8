import type { KCurvePoint } from '@ddad/contract';
import { areaY, dot, line, type Markish } from '@observablehq/plot';
import { extent } from 'd3-array';
import type { Html } from '../html.ts';
import type { ScoreLook } from '../score-looks.ts';
import { renderChart } from './render-chart.ts';

const metricNames = { auc: 'AUC %', ap: 'AP %' } as const;

/** A metric of every score over the number of members per role: means over the subsets, and ± one standard deviation. */
export function kCurveChart(
  metric: 'auc' | 'ap',
  points: readonly KCurvePoint[],
  shown: readonly Pick<ScoreLook, 'name' | 'colour' | 'dashes'>[],
): Html {
  const marks = shown.flatMap(({ name, colour, dashes }): Markish[] => {
    const rows = points.flatMap(({ k, scores }) => {
      const found = scores[name]?.[metric];
      if (found === undefined) return [];
      const [mean, std] = [found.mean * 100, found.std * 100];
      return [{ k, mean, low: mean - std, high: mean + std }];
    });
    if (rows.length === 0) return [];
    return [
      areaY(rows, {
        x: 'k',
        y1: 'low',
        y2: 'high',
        fill: colour,
        fillOpacity: 0.15,
        ariaLabel: () => `${name} ±`,
      }),
      line(rows, {
        x: 'k',
        y: 'mean',
        stroke: colour,
        strokeWidth: 1.75,
        ...(dashes === null ? {} : { strokeDasharray: dashes }),
        ariaLabel: () => name,
      }),
      dot(rows, { x: 'k', y: 'mean', fill: colour, r: 2.5 }),
    ];
  });
  const [least = 1, most = 1] = extent(points, ({ k }) => k);
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
        domain: [least, most],
        label: 'k, members per role',
        labelAnchor: 'center',
        labelArrow: 'none',
        ticks: Math.min(points.length - 1, 15),
        tickFormat: 'd',
      },
      y: { label: metricNames[metric], labelArrow: 'none', grid: true, ticks: 6, nice: true },
      marks,
    },
  );
}
