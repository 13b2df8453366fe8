import { expect, test } from 'vitest';
import { lossPlot } from './loss-plots.ts';
import { rangeOf } from './range.ts';

const curve = (losses: readonly number[]) => ({
  name: 'NDM 0',
  colour: 'red',
  points: losses.map((loss, epoch) => ({ epoch: epoch + 1, loss })),
});

test('the axes reach over all curves; logarithmic only where every loss is above 0', () => {
  const { x, y } = lossPlot([curve([3, 2]), curve([4, 1, 0.5])]);
  expect(x?.domain).toEqual([1, 3]);
  expect(y?.type).toBe('log');
  expect(lossPlot([curve([3, -0.1])]).y?.type).toBe('linear');
  expect(lossPlot([curve([3, 2])], 250).x?.domain).toEqual([1, 250]);
});

test('half a million losses have a plot and a range', () => {
  const losses = Float64Array.from({ length: 500_000 }, (_, i) => 1 + ((i * 7919) % 500_000) / 1e6);
  expect(rangeOf(losses)).toEqual([1, 1.499999]);
  expect(lossPlot([curve([...losses])]).x?.domain).toEqual([1, 500_000]);
});

test('the range of nothing is empty', () => {
  expect(rangeOf([])).toEqual([Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]);
});
