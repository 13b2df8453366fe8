import { rocCurve } from '@ddad/anomaly';
import { axisFy, dot, line, ruleX, ruleY } from '@observablehq/plot';
import { renderChart } from '../charts/render-chart.ts';
import { insideOf, visiblePoints } from '../charts/visible-points.ts';
import type { Html } from '../html.ts';
import { runLine } from '../palette.ts';
import { byReduction, presentScores } from '../score-looks.ts';
import type { Comparison } from './compare-runs.ts';

/** How a chart calls the main scores of the runs. */
const mainScores = 'main scores';

/**
 * Differences of AUC with their intervals, a line for each run and score: of the runs' main scores where they are of several methods,
 * and of scores that are made as the main one is.
 */
export function differenceChart({ scores, definitions, runs }: Comparison): Html {
  const names = scores.flatMap(({ name }) => name ?? []);
  const looks = presentScores(definitions, Object.fromEntries(names.map((name) => [name, true])));
  const like = new Set(byReduction(definitions, looks)[0]?.looks.map(({ name }) => name));
  const drawn = scores.filter(({ name }) => name === null || like.has(name));
  const shown = new Set(drawn.map(({ name }) => name ?? mainScores));
  const rows = drawn.flatMap(({ name, differences }) =>
    differences.flatMap((found, run) =>
      found === null
        ? []
        : [
            {
              score: name ?? mainScores,
              run: runs[run]!.letter,
              value: found.auc.value * 100,
              low: found.auc.low * 100,
              high: found.auc.high * 100,
              colour: runLine(run).colour,
            },
          ],
    ),
  );
  const reach = Math.max(1, ...rows.flatMap(({ low, high }) => [Math.abs(low), Math.abs(high)])) * 1.08;
  const others = runs.slice(1).map(({ letter }) => letter);
  const wide = others.length === 1 ? 34 : 10 + 13 * others.length;
  return renderChart(
    'Differences of AUC, other runs minus the first, with 95 % intervals; the table has the figures',
    {
      width: 560,
      height: 60 + wide * shown.size,
      marginLeft: 124,
      marginRight: 14,
      marginTop: 8,
      marginBottom: 38,
      x: {
        domain: [-reach, reach],
        grid: true,
        label: `Difference of AUC in points (${others.length === 1 ? `${others[0]} − A` : 'run − A'})`,
        labelAnchor: 'center',
        labelArrow: 'none',
      },
      y: { type: 'band', domain: others, axis: null, padding: 0.1 },
      fy: { domain: [...shown], padding: others.length === 1 ? 0.1 : 0.25 },
      marks: [
        axisFy({ anchor: 'left', label: null }),
        ruleX([0], { strokeOpacity: 0.5 }),
        ruleY(rows, { fy: 'score', y: 'run', x1: 'low', x2: 'high', stroke: 'colour', strokeWidth: 2.5 }),
        dot(rows, { fy: 'score', y: 'run', x: 'value', r: others.length === 1 ? 5 : 3.5, fill: 'colour' }),
      ],
      color: { type: 'identity' },
    },
  );
}

const square = { width: 440, height: 420, marginLeft: 60, marginRight: 12, marginTop: 12, marginBottom: 40 };

/** All runs' ROC curves by the score that ranks; the first one's on top. */
export function rocCurves({ labels, sides, runs }: Comparison): Html {
  const axis = { domain: [0, 1], ticks: 6, grid: true, labelAnchor: 'center', labelArrow: 'none' } as const;
  const curves = runs.map((_run, place) => {
    const { colour, dashes } = runLine(place);
    const [x, y] = ['falsePositiveRate', 'truePositiveRate'] as const;
    return line(visiblePoints(rocCurve(sides.values[place]!, labels), { x, y, ...insideOf(square) }), {
      x,
      y,
      stroke: colour,
      strokeWidth: 2,
      ...(dashes === null ? {} : { strokeDasharray: dashes }),
    });
  });
  return renderChart(`ROC curves of ${sides.score ?? mainScores} of all runs`, {
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
      ...curves.reverse(),
    ],
  });
}

/** Dots that all scatter charts of a page have together, at most: what a browser draws at once. */
const mostDots = 20_000;

/** Every how many of the images that changed no side are in the scatter charts; 1: all of them. */
export function scatterStep({ labels, runs }: Comparison): number {
  return Math.max(1, Math.ceil((labels.length * (runs.length - 1)) / mostDots));
}

/** Test images by the scores of the first and of another run, and their thresholds: two of the quarters are changes of side. */
export function scatter(comparison: Comparison, run: number): Html {
  const { labels, sides, runs } = comparison;
  const [first, other] = [sides.values[0]!, sides.values[run]!];
  const step = scatterStep(comparison);
  const changed = new Set(sides.changed.map(({ number }) => number - 1));
  const points = labels
    .map((label, image) => ({ x: first[image]!, y: other[image]!, label, image }))
    .filter(({ image }) => image % step === 0 || changed.has(image));
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
  const { letter } = runs[run]!;
  const axisName = (of: string, place: number) =>
    sides.score === null ? `${of}: ${sides.names[place]}` : of;
  return renderChart(`Test images by ${sides.score ?? mainScores} of runs A and ${letter}`, {
    ...square,
    x: { ...axis, label: axisName('A', 0) },
    y: { ...axis, label: axisName(letter, run) },
    symbol: { type: 'identity' },
    marks: [
      dots(0),
      dots(1),
      ruleX([sides.thresholds[0]!], { strokeDasharray: '4 3' }),
      ruleY([sides.thresholds[run]!], { strokeDasharray: '4 3' }),
    ],
  });
}
