import type { JobProgress } from '@ddad/contract';
import { expect, it } from 'vitest';
import { LiveFigures } from './live-figures.ts';

const progress = (done: number): JobProgress => ({
  done,
  total: 1_000_000,
  loss: 1 / done,
  imagesPerSecond: 1,
  worker: 'x'.repeat(100),
  state: 'running',
});

it('remembers a bounded number of jobs, those that were heard of last', () => {
  const live = new LiveFigures(() => 0, 100);
  const key = (index: number) => `key ${index}`;
  for (let index = 0; index < 5_000; index += 1) {
    live.heard(key(index), progress(1));
    // This one is heard of again and again.
    live.heard(key(0), progress(index + 1));
  }
  const kept = Array.from({ length: 5_000 }, (_, index) => key(index)).filter(
    (one) => live.latest(one) !== null,
  );
  expect(kept).toHaveLength(100);
  expect(kept.slice(0, 2)).toEqual([key(0), key(4_901)]);
  // However long it runs, a curve has a chart's width of points.
  expect(live.curve(key(0)).points.length).toBeLessThanOrEqual(128);
});
