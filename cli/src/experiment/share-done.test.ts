import { expect, it } from 'vitest';
import { student } from '../invented-method.testing.ts';
import { SharePace, shareOf } from './share-done.ts';

it('counts jobs by what they are expected to take, where that is known of all', () => {
  const half = student(0, { done: 2, total: 4, state: 'running', expectedSeconds: 90 });
  const whole = student(1, { state: 'finished', expectedSeconds: 10 });
  // 45 + 10 of 100 s.
  expect(shareOf({ nodes: [half, whole] })).toBeCloseTo(0.55, 12);
  const { expectedSeconds: _, ...unknown } = whole;
  // Half a job and a whole one of two.
  expect(shareOf({ nodes: [half, unknown] })).toBeCloseTo(0.75, 12);
  expect(shareOf({ nodes: [] })).toBe(0);
});

it('tells the time left from what was done since it looked first', () => {
  const pace = new SharePace();
  expect(pace.left(0.25, 1000)).toBeNull();
  expect(pace.left(0.25, 5000)).toBeNull();
  // A quarter in 10 s: half is left.
  expect(pace.left(0.5, 11_000)).toEqual({ seconds: 20, atLeast: false });
});
