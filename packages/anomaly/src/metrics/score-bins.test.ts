import { randomStream } from '@ddad/compute';
import { expect, test } from 'vitest';
import { ScoreBins } from './score-bins.ts';

test('bins keep the order of scores, know their lowest one, and hold about as many each', () => {
  const random = randomStream(5);
  const scores = Float32Array.from({ length: 200_000 }, () => (random.uniform() - 0.5) ** 7).sort();
  const bins = new ScoreBins(2 ** 12);
  bins.add(scores.subarray(0, 1000));
  bins.add(scores.subarray(1000));
  const of = bins.of(scores);
  expect(bins.size).toBeLessThan(2 ** 12 + 2 ** 16 + 1);
  const counts = new Map<number, number>();
  for (const [at, bin] of of.entries()) {
    if (at > 0 && bin < of[at - 1]!) throw new Error(`expected a bin of at least ${of[at - 1]}, got ${bin}`);
    counts.set(bin, (counts.get(bin) ?? 0) + 1);
  }
  // 200,000 / 4,096 are 49.
  expect(Math.max(...counts.values())).toBeLessThan(150);
  for (const at of [0, 77_000, 199_999]) {
    const lowest = bins.lowest(of[at]!);
    expect(lowest).toBeLessThanOrEqual(scores[at]!);
    expect(bins.of(Float32Array.of(lowest))[0]).toBe(of[at]);
  }
});

test('few scores have a bin each', () => {
  const scores = Float32Array.of(-1, -0.999999, 0.5, 0.50000006, 3e8);
  const bins = new ScoreBins();
  bins.add(scores);
  expect(new Set(bins.of(scores)).size).toBe(5);
  expect(bins.lowest(bins.of(scores)[3]!)).toBe(scores[3]);
});
