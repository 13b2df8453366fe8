import { dot, line, type PlotOptions } from '@observablehq/plot';
import { rangeOf } from './range.ts';

/** A training's mean loss by epoch, and the CSS variable of its colour. */
export interface LossCurve {
  name: string;
  points: readonly LossPoint[];
  colour: string;
  dashes?: string;
}

export interface LossPoint {
  epoch: number;
  loss: number;
}

/** Logarithmic where that can be: the loss of AE-U (eq. 5) may fall below 0. */
const lossAxis = (lowest: number) => (lowest > 0 ? 'log' : 'linear');

/** How losses of several trainings over epochs are drawn. */
export function lossPlot(curves: readonly LossCurve[], lastEpoch?: number): PlotOptions {
  const points = curves.flatMap((curve) => curve.points);
  const [, longest] = rangeOf(points.map(({ epoch }) => epoch));
  const epochs = Math.max(2, lastEpoch ?? 0, longest);
  const [lowest] = rangeOf(points.map(({ loss }) => loss));
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
            ...(dashes === undefined ? {} : { strokeDasharray: dashes }),
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
    x: { domain: [1, Math.max(2, lastEpoch ?? points.at(-1)!.epoch)] },
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
  return `Loss of ${name}, from ${points[0]!.loss.toPrecision(3)} to ${points.at(-1)!.loss.toPrecision(3)}`;
}
