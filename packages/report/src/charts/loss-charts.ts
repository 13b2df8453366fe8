import type { Html } from '../html.ts';
import { type LossCurve, lossLabel, lossPlot, sparkPlot } from './loss-plots.ts';
import { renderChart } from './render-chart.ts';

export type { LossCurve } from './loss-plots.ts';

/** A whole training's losses, of epoch 1 on, as points of a curve. */
export function pointsOf(history: readonly number[]): LossCurve['points'] {
  return history.map((loss, epoch) => ({ epoch: epoch + 1, loss }));
}

/** Losses of several trainings over epochs. */
export function lossChart(label: string, curves: readonly LossCurve[]): Html {
  return renderChart(label, lossPlot(curves));
}

/** A loss curve small enough for a table's cell; all share the range of losses that is given. */
export function lossSparkline(curve: LossCurve, range: readonly [number, number]): Html {
  return renderChart(lossLabel(curve), sparkPlot(curve, range));
}
