import { expect, it } from 'vitest';
import { sparkline } from './sparkline.ts';

const curve = (...losses: number[]) => losses.map((loss, i) => [i + 1, loss] as const);

it('falls by equal steps where the loss halves', () => {
  // Logarithmic: 128, 64, ... 1 are eight equal steps.
  expect(sparkline(curve(128, 64, 32, 16, 8, 4, 2, 1), 8)).toBe('█▇▆▅▄▃▂▁');
});

it('is linear where a loss is below 0, as of a log-likelihood', () => {
  expect(sparkline(curve(6, 5, -1), 8)).toBe('█▇▁');
});

it('shows beginning and end of what has more losses than columns', () => {
  const losses = Array.from({ length: 1000 }, (_, i) => 1000 - i);
  const text = sparkline(curve(...losses), 8);
  expect(text).toHaveLength(8);
  expect(text.at(0)).toBe('█');
  expect(text.at(-1)).toBe('▁');
});

it('has nothing to show without losses, and no height of a loss that does not change', () => {
  expect(sparkline([], 8)).toBe('');
  expect(sparkline(curve(3, 3), 8)).toBe('▁▁');
  expect(sparkline(curve(Number.NaN, 3), 8)).toBe('▁');
});
