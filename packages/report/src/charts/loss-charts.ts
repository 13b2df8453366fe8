import type { Html } from '../html.ts';
import { type LossCurve, lossLabel, lossPlot, sparkPlot } from './loss-plots.ts';
import { renderChart } from './render-chart.ts';

export { type LossCurve, lossRange } from './loss-plots.ts';

/** Points of a drawn curve: more than a screen is wide would make up most of the page. */
const drawnPoints = 1000;

/** A whole training's losses, of epoch 1 on, as points of a curve: all of them, or so many at equal steps, the last among them. */
export function pointsOf(history: readonly number[]): LossCurve['points'] {
  const step = Math.ceil(history.length / drawnPoints);
  return history.flatMap((loss, epoch) =>
    (history.length - 1 - epoch) % step === 0 ? [{ epoch: epoch + 1, loss }] : [],
  );
}

/** Losses of several trainings over epochs. */
export function lossChart(label: string, curves: readonly LossCurve[]): Html {
  return renderChart(label, lossPlot(curves));
}

/** A loss curve small enough for a table's cell; all share the range of losses that is given. */
export function lossSparkline(curve: LossCurve, range: readonly [number, number]): Html {
  return renderChart(lossLabel(curve), sparkPlot(curve, range));
}
