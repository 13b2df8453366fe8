import { dot, line } from '@observablehq/plot';
import type { Html } from '../html.ts';
import { renderChart } from './render-chart.ts';

/** A training's mean loss per epoch, and the CSS variable of its colour. */
export interface LossCurve {
  name: string;
  history: readonly number[];
  colour: string;
  dashes?: string;
}

const points = (history: readonly number[]) => history.map((loss, epoch) => ({ epoch: epoch + 1, loss }));

/** Logarithmic where that can be: the loss of AE-U (eq. 5) may fall below 0. */
const lossAxis = (lowest: number) => (lowest > 0 ? 'log' : 'linear');

/** Losses of several trainings over epochs. */
export function lossChart(label: string, curves: readonly LossCurve[]): Html {
  const epochs = Math.max(2, ...curves.map(({ history }) => history.length));
  const lowest = Math.min(...curves.flatMap(({ history }) => [...history]));
  return renderChart(label, {
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
    marks: curves.map(({ name, history, colour, dashes }) => {
      const options = { x: 'epoch', y: 'loss', stroke: colour, ariaLabel: () => name };
      // A line needs two points.
      return history.length === 1
        ? dot(points(history), { ...options, fill: colour, r: 3 })
        : line(points(history), {
            ...options,
            strokeWidth: 1.5,
            strokeOpacity: 0.85,
            ...(dashes === undefined ? {} : { strokeDasharray: dashes }),
          });
    }),
  });
}

/** A loss curve small enough for a table's cell; all share the range of losses that is given. */
export function lossSparkline(curve: LossCurve, range: readonly [number, number]): Html {
  const { name, history, colour } = curve;
  const options = { x: 'epoch', y: 'loss', stroke: colour };
  return renderChart(
    `Loss of ${name}, from ${history[0]!.toPrecision(3)} to ${history.at(-1)!.toPrecision(3)}`,
    {
      width: 120,
      height: 26,
      margin: 2,
      axis: null,
      x: { domain: [1, Math.max(2, history.length)] },
      y: { type: lossAxis(range[0]), domain: [...range] },
      marks: [
        history.length === 1
          ? dot(points(history), { ...options, r: 2 })
          : line(points(history), { ...options, strokeWidth: 1.5 }),
      ],
    },
  );
}
