import { expect, it } from 'vitest';
import { refinerRecipes } from './refiner-recipe.ts';
import { averagingRate } from './weight-average.ts';

it("leaves the paper's refiner its last weights", () => {
  expect(refinerRecipes.paper).toEqual({ average: null });
});

it('has a steady refiner forget its first tenth, and weigh the second half of its steps by 64 %', () => {
  const steps = 2000;
  // The part of each step in the mean that counts in the end: its own rate, times what later ones leave of it.
  const parts: number[] = [];
  for (let done = 0; done <= steps; done++) {
    const rate = averagingRate(refinerRecipes.steady.average!, steps, done);
    parts.forEach((part, i) => {
      parts[i] = part * (1 - rate);
    });
    parts.push(rate);
  }
  const sum = (from: number) => parts.slice(from).reduce((all, part) => all + part, 0);
  expect(sum(0)).toBeCloseTo(1, 12);
  expect(sum(steps / 10)).toBeCloseTo(1, 12);
  // A plain mean of 1000 steps from 200 to 1200, then by a rate of 1/1000: what is before 1000 keeps 4/5 of exp(-0.8).
  expect(sum(steps / 2)).toBeCloseTo(1 - 0.8 * Math.exp(-0.8), 2);
});
