import type { RunScores, ScoreDefinition } from '@ddad/contract';
import { dot, line, link, type Markish, text } from '@observablehq/plot';
import { extent } from 'd3-array';
import { renderChart } from '../charts/render-chart.ts';
import { presentScores } from '../score-looks.ts';
import { figureSvg } from './standalone-svg.ts';

/** A run at an anomalous rate (AR). */
export interface RatedRun {
  rate: number;
  /** Means where the run was made with several seeds. */
  scores: RunScores;
  /** Standard deviations over the seeds (n − 1), by score; drawn as bars up and down. */
  deviations?: Readonly<Record<string, { auc: number; ap: number }>>;
}

/**
 * AUC and AP of every score over the anomalous rate of the unlabeled images, as an SVG file: the paper's Fig. 6.
 * Means alone, as the paper has them: a chart of all that maps give is not read.
 * @param groups runs of one method each, with the definitions of its scores
 */
export function anomalousRateFigure(
  groups: readonly { title: string; runs: readonly RatedRun[]; definitions: readonly ScoreDefinition[] }[],
): string {
  const parts = groups.flatMap(({ title, runs, definitions }) =>
    (['auc', 'ap'] as const).map((metric) => ({
      title: [metric === 'auc' ? 'AUC' : 'Average precision', title].filter((part) => part !== '').join(', '),
      chart: rateChart(metric, runs, definitions),
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
  for (const place of [...heights.keys()].sort((a, b) => (heights[a] ?? 0) - (heights[b] ?? 0))) {
    const wanted = heights[place] ?? 0;
    const height = Math.max(wanted, free);
    shifts[place] = height - wanted;
    free = height + labelGap;
  }
  return shifts;
}

function rateChart(metric: 'auc' | 'ap', runs: readonly RatedRun[], definitions: readonly ScoreDefinition[]) {
  const rows = (name: string) =>
    runs
      .flatMap(({ rate, scores, deviations }) => {
        const found = scores[name];
        if (found === undefined) return [];
        const [value, deviation] = [found[metric] * 100, (deviations?.[name]?.[metric] ?? 0) * 100];
        return [{ rate, value, low: value - deviation, high: value + deviation }];
      })
      .sort((a, b) => a.rate - b.rate);
  const means = definitions.filter(({ from }) => from === undefined);
  const lines = presentScores(means, Object.assign({}, ...runs.map(({ scores }) => scores))).map((look) => ({
    ...look,
    points: rows(look.name),
  }));
  const [lowest = 0, highest = 0] = extent(
    lines.flatMap(({ points }) => points.flatMap(({ low, high }) => [low, high])),
  );
  // The axis may reach a little further, and then a pixel stands for more: shifts are rather too large than too small.
  const span = highest - lowest || 1;
  const pixels = (size.height - size.marginTop - size.marginBottom) / span;
  const shifts = labelShifts(lines.map(({ points }) => (points.at(-1)?.value ?? 0) * pixels));
  const marks = lines.flatMap(({ name, colour, dashes, points }, place): Markish[] => {
    return [
      line(points, {
        x: 'rate',
        y: 'value',
        stroke: colour,
        strokeWidth: 1.75,
        ...(dashes === null ? {} : { strokeDasharray: dashes }),
        ariaLabel: () => name,
      }),
      link(
        points.filter(({ low, high }) => low < high),
        { x: 'rate', y1: 'low', y2: 'high', stroke: colour, strokeWidth: 1.25, ariaLabel: () => `${name} ±` },
      ),
      dot(points, { x: 'rate', y: 'value', fill: colour, r: 2.5 }),
      text(points.slice(-1), {
        x: 'rate',
        y: 'value',
        text: () => name,
        fill: colour,
        textAnchor: 'start',
        dx: 6,
        dy: -(shifts[place] ?? 0),
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
