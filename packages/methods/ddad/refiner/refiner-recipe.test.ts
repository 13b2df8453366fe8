import { expect, it } from 'vitest';
import { refinerRate, refinerRecipes } from './refiner-recipe.ts';

it("leaves the paper's refiner its learning rate, its last weights and its maps", () => {
  expect(refinerRecipes.paper).toEqual({ wholeRate: 1, average: null, levelledMaps: false });
  expect(refinerRate(refinerRecipes.paper, 1e-4, 100)).toBe(1e-4);
});

it('has the whole learning rate for a share of the steps, then half a cosine down to 0', () => {
  const rate = refinerRate({ wholeRate: 0.5, average: null, levelledMaps: false }, 2, 17);
  if (typeof rate === 'number') throw new Error('expected a rate that changes');
  // 8 steps of 17 have all of it; 9 are left. 1 + cos(π/9) = 1.9396926, 1 + cos(π·2/3) = 0.5.
  expect([0, 7, 8].map(rate)).toEqual([2, 2, 2]);
  expect(rate(9)).toBeCloseTo(1.9396926, 6);
  expect(rate(14)).toBeCloseTo(0.5, 12);
  expect(rate(17)).toBeCloseTo(0, 12);
  // Nobody does more steps, and a rate below 0 would climb.
  expect(rate(30)).toBeCloseTo(0, 12);
});

it('may fall from the first step on', () => {
  const rate = refinerRate({ wholeRate: 0, average: null, levelledMaps: false }, 1, 4);
  if (typeof rate === 'number') throw new Error('expected a rate that changes');
  const expected = [1, 0.8535534, 0.5, 0.1464466];
  expected.forEach((value, done) => {
    expect(rate(done)).toBeCloseTo(value, 6);
  });
});
