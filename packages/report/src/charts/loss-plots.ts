import { dot, line, type PlotOptions } from '@observablehq/plot';
import { extent, max } from 'd3-array';
import type { LineLook } from '../palette.ts';

/** A training's mean loss by epoch, at least one, and how it is drawn. */
export interface LossCurve extends LineLook {
  name: string;
  points: readonly LossPoint[];
}

export interface LossPoint {
  epoch: number;
  loss: number;
}

/** Logarithmic where that can be: the loss of AE-U (eq. 5) may fall below 0. */
const lossAxis = (lowest: number) => (lowest > 0 ? 'log' : 'linear');

/** The smallest and the largest loss of all curves. */
export function lossRange(curves: readonly LossCurve[]): [number, number] {
  const [lowest = 0, highest = 0] = extent(curves.flatMap(({ points }) => points.map(({ loss }) => loss)));
  return [lowest, highest];
}

/** How losses of several trainings over epochs are drawn. */
export function lossPlot(curves: readonly LossCurve[], lastEpoch?: number): PlotOptions {
  const seen = max(curves, ({ points }) => max(points, ({ epoch }) => epoch)) ?? 0;
  const epochs = Math.max(2, lastEpoch ?? 0, seen);
  const [lowest] = lossRange(curves);
  return {
    width: 560,
    height: 280,
    marginLeft: 56,
    marginRight: 12,
    marginTop: 20,
    marginBottom: 36,
    x: {
      domain: [1, epochs],
      label: 'Epoch',
      labelAnchor: 'center',
      labelArrow: 'none',
      ticks: Math.min(epochs - 1, 8),
      tickFormat: 'd',
    },
    y: { type: lossAxis(lowest), label: 'Loss', labelArrow: 'none', grid: true, ticks: 5, tickFormat: '~g' },
    marks: curves.map(({ name, points: own, colour, dashes }) => {
      const options = { x: 'epoch', y: 'loss', stroke: colour, ariaLabel: () => name };
      // A line needs two points.
      return own.length === 1
        ? dot(own, { ...options, fill: colour, r: 3 })
        : line(own, {
            ...options,
            strokeWidth: 1.5,
            strokeOpacity: 0.85,
            ...(dashes === null ? {} : { strokeDasharray: dashes }),
          });
    }),
  };
}

/** How a loss curve is drawn in a table's cell; all share the range of losses that is given. */
export function sparkPlot(
  { points, colour }: LossCurve,
  range: readonly [number, number],
  lastEpoch?: number,
): PlotOptions {
  const options = { x: 'epoch', y: 'loss', stroke: colour };
  return {
    width: 120,
    height: 26,
    margin: 2,
    axis: null,
    x: { domain: [1, Math.max(2, lastEpoch ?? points.at(-1)?.epoch ?? 0)] },
    y: { type: lossAxis(range[0]), domain: [...range] },
    marks: [
      points.length === 1
        ? dot(points, { ...options, r: 2 })
        : line(points, { ...options, strokeWidth: 1.5 }),
    ],
  };
}

/** What a loss curve shows, for those who cannot see it. */
export function lossLabel({ name, points }: LossCurve): string {
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined) return `Loss of ${name}`;
  return `Loss of ${name}, from ${first.loss.toPrecision(3)} to ${last.loss.toPrecision(3)}`;
}
