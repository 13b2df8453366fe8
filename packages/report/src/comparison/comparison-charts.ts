import { rocCurve } from '@ddad/anomaly';
import { dot, line, ruleX, ruleY } from '@observablehq/plot';
import { renderChart } from '../charts/render-chart.ts';
import type { Html } from '../html.ts';
import { scoreLook } from '../score-looks.ts';
import type { Comparison } from './compare-runs.ts';

/** Differences of AUC with their intervals, one line a score. */
export function differenceChart({ scores, definitions }: Comparison): Html {
  const rows = scores.map(({ name, auc }) => ({
    score: name,
    value: auc.value * 100,
    low: auc.low * 100,
    high: auc.high * 100,
    colour: scoreLook(definitions, name).colour,
  }));
  const reach = Math.max(1, ...rows.flatMap(({ low, high }) => [Math.abs(low), Math.abs(high)])) * 1.08;
  return renderChart(
    'Differences of AUC, second run minus first, with 95 % intervals; the table has the figures',
    {
      width: 560,
      height: 60 + 34 * rows.length,
      marginLeft: 124,
      marginRight: 14,
      marginTop: 8,
      marginBottom: 38,
      x: {
        domain: [-reach, reach],
        grid: true,
        label: 'Difference of AUC in points (second − first)',
        labelAnchor: 'center',
        labelArrow: 'none',
      },
      y: { type: 'band', domain: rows.map(({ score }) => score), label: null, tickSize: 0 },
      marks: [
        ruleX([0], { strokeOpacity: 0.5 }),
        ruleY(rows, { y: 'score', x1: 'low', x2: 'high', stroke: 'colour', strokeWidth: 2.5 }),
        dot(rows, { y: 'score', x: 'value', r: 5, fill: 'colour' }),
      ],
      color: { type: 'identity' },
    },
  );
}

const square = { width: 440, height: 420, marginLeft: 50, marginRight: 12, marginTop: 12, marginBottom: 40 };

/** Both runs' ROC curves by the score that ranks. */
export function rocPair({ labels, sides }: Comparison): Html {
  const axis = { domain: [0, 1], ticks: 6, grid: true, labelAnchor: 'center', labelArrow: 'none' } as const;
  const curve = (run: 0 | 1) =>
    line(rocCurve(sides.values[run], labels), {
      x: 'falsePositiveRate',
      y: 'truePositiveRate',
      stroke: run === 0 ? 'var(--first)' : 'var(--second)',
      strokeWidth: 2,
      ...(run === 0 ? { strokeDasharray: '6 3' } : {}),
    });
  return renderChart(`ROC curves of ${sides.score} of both runs`, {
    ...square,
    x: { ...axis, label: 'False positive rate' },
    y: { ...axis, label: 'True positive rate' },
    marks: [
      line(
        [
          [0, 0],
          [1, 1],
        ],
        { strokeOpacity: 0.35, strokeDasharray: '4 4' },
      ),
      curve(0),
      curve(1),
    ],
  });
}

/** Every test image by both runs' scores, and the runs' thresholds: two of the quarters are changes of side. */
export function scatter({ labels, sides }: Comparison): Html {
  const [first, second] = sides.values;
  const points = labels.map((label, image) => ({ x: first[image] ?? null, y: second[image] ?? null, label }));
  const dots = (label: 0 | 1) =>
    dot(
      points.filter((point) => point.label === label),
      {
        x: 'x',
        y: 'y',
        r: 2.2,
        symbol: label === 1 ? 'times' : 'circle',
        stroke: label === 1 ? 'var(--abnormal)' : 'var(--normal)',
        strokeOpacity: 0.7,
      },
    );
  const axis = { grid: true, labelAnchor: 'center', labelArrow: 'none', ticks: 6 } as const;
  return renderChart(`Test images by ${sides.score} of the first and of the second run`, {
    ...square,
    x: { ...axis, label: 'First run' },
    y: { ...axis, label: 'Second run' },
    symbol: { type: 'identity' },
    marks: [
      dots(0),
      dots(1),
      ruleX([sides.thresholds[0]], { strokeDasharray: '4 3' }),
      ruleY([sides.thresholds[1]], { strokeDasharray: '4 3' }),
    ],
  });
}
