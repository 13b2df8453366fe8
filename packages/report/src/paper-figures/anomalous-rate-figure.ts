import { type RunScores, type ScoreName, scoreNames } from '@ddad/contract';
import { dot, line, type Markish, text } from '@observablehq/plot';
import { rangeOf } from '../charts/range.ts';
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

const size = { width: 480, height: 320, marginLeft: 46, marginRight: 90, marginTop: 18, marginBottom: 40 };
/** Between the labels at the lines' ends, in pixels. */
const labelGap = 13;

/**
 * How far up each of some labels has to go so that none lies on another.
 * @param heights where they are, in pixels, upwards
 */
function labelShifts(heights: readonly number[]): number[] {
  const shifts = heights.map(() => 0);
  let free = Number.NEGATIVE_INFINITY;
  for (const place of [...heights.keys()].sort((a, b) => heights[a]! - heights[b]!)) {
    const height = Math.max(heights[place]!, free);
    shifts[place] = height - heights[place]!;
    free = height + labelGap;
  }
  return shifts;
}

function rateChart(metric: 'auc' | 'ap', runs: readonly RatedRun[]) {
  const rows = (name: ScoreName) =>
    runs
      .flatMap(({ rate, scores }) => {
        const found = scores[name];
        return found === undefined ? [] : [{ rate, value: found[metric] * 100 }];
      })
      .sort((a, b) => a.rate - b.rate);
  const lines = scoreNames
    .map((name) => ({ name, points: rows(name) }))
    .filter((each) => each.points.length > 0);
  const values = lines.flatMap(({ points }) => points.map(({ value }) => value));
  // The axis may reach a little further, and then a pixel stands for more: shifts are rather too large than too small.
  const [lowest, highest] = rangeOf(values);
  const span = highest - lowest || 1;
  const pixels = (size.height - size.marginTop - size.marginBottom) / span;
  const shifts = labelShifts(lines.map(({ points }) => points.at(-1)!.value * pixels));
  const marks = lines.flatMap(({ name, points }, place): Markish[] => {
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
        dy: -shifts[place]!,
      }),
    ];
  });
  const name = metric === 'auc' ? 'AUC %' : 'AP %';
  return renderChart(`${name} of every score over the anomalous rate of the unlabeled images`, {
    ...size,
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
