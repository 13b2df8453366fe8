import { expect, test } from 'vitest';
import { pointsOf } from './loss-charts.ts';
import { type LossCurve, lossPlot, lossRange } from './loss-plots.ts';

const curve = (losses: readonly number[]): LossCurve => ({
  name: 'net 0',
  colour: 'red',
  dashes: null,
  points: losses.map((loss, epoch) => ({ epoch: epoch + 1, loss })),
});

test('the axes reach over all curves; logarithmic only where every loss is above 0', () => {
  const { x, y } = lossPlot([curve([3, 2]), curve([4, 1, 0.5])]);
  expect(x?.domain).toEqual([1, 3]);
  expect(y?.type).toBe('log');
  expect(lossPlot([curve([3, -0.1])]).y?.type).toBe('linear');
  expect(lossPlot([curve([3, 2])], 250).x?.domain).toEqual([1, 250]);
});

test('half a million losses, more than a call has arguments, have a plot and a range', () => {
  const losses = Array.from({ length: 500_000 }, (_, i) => 1 + ((i * 7919) % 500_000) / 1e6);
  expect(lossRange([curve(losses)])).toEqual([1, 1.499999]);
  expect(lossPlot([curve(losses)]).x?.domain).toEqual([1, 500_000]);
});

test('losses of very many epochs are drawn at equal steps, up to the last', () => {
  const losses = Array.from({ length: 500_000 }, (_, epoch) => 1 / (epoch + 1));
  const points = pointsOf(losses);
  expect(points).toHaveLength(1000);
  expect(points.at(-1)).toEqual({ epoch: 500_000, loss: 1 / 500_000 });
  expect(pointsOf(losses.slice(0, 1000)).map(({ epoch }) => epoch)).toEqual(
    Array.from({ length: 1000 }, (_, epoch) => epoch + 1),
  );
});
