import { expect, it } from 'vitest';
import { stretchesOf } from './stretches.ts';

it('counts a training in stretches of 20 steps, whatever divides them, and one of what is left', () => {
  expect([2000, 2999, 150, 53, 21].map((steps) => stretchesOf(steps))).toEqual([
    { count: 100, steps: 20, last: 20 },
    // A prime.
    { count: 150, steps: 20, last: 19 },
    { count: 8, steps: 20, last: 10 },
    { count: 3, steps: 20, last: 13 },
    { count: 2, steps: 20, last: 1 },
  ]);
});

it('has one stretch of few steps', () => {
  expect([1, 6, 20].map((steps) => stretchesOf(steps))).toEqual([
    { count: 1, steps: 1, last: 1 },
    { count: 1, steps: 6, last: 6 },
    { count: 1, steps: 20, last: 20 },
  ]);
});
