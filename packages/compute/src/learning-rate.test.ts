import { expect, it } from 'vitest';
import { byEpoch, cosine, poly, rateAt, stepDecay, warmUp } from './learning-rate.ts';

it('cosine goes from its first rate through the middle to its last, and stays there', () => {
  const rate = cosine({ from: 1e-3, to: 1e-6, steps: 100 });
  expect(rate(0)).toBe(1e-3);
  expect(rate(50)).toBeCloseTo((1e-3 + 1e-6) / 2, 12);
  // cos(π/4) = √½
  expect(rate(25)).toBeCloseTo(1e-6 + (0.999e-3 * (1 + Math.SQRT1_2)) / 2, 12);
  expect([rate(100), rate(170)]).toEqual([1e-6, 1e-6]);
  expect(cosine({ from: 0.03, steps: 10 })(10)).toBe(0);
});

it('step decay multiplies at each step that it names, from that step on', () => {
  const rate = stepDecay({ from: 1e-4, factor: 0.2, at: [80, 90] });
  expect([0, 79].map(rate)).toEqual([1e-4, 1e-4]);
  expect([80, 89].map(rate)).toEqual([2e-5, 2e-5]);
  expect(rate(90)).toBeCloseTo(4e-6, 18);
});

it('poly falls with its power to 0', () => {
  const rate = poly({ from: 1e-4, power: 0.9, steps: 256 });
  expect(rate(0)).toBe(1e-4);
  expect(rate(128)).toBeCloseTo(1e-4 * 0.5 ** 0.9, 15);
  expect([rate(256), rate(300)]).toEqual([0, 0]);
});

it('a warm-up begins at its share, and hands over to what it leads to', () => {
  expect([0, 1, 3, 4, 9].map(warmUp(4, 0.2))).toEqual([0.05, 0.1, 0.2, 0.2, 0.2]);
  const rate = warmUp(2, (done) => 10 - done);
  expect([0, 1, 2].map(rate)).toEqual([5, 9, 8]);
});

it('a rate by epoch stays for an epoch', () => {
  expect([0, 2, 3, 5, 6].map(byEpoch(3, (epoch) => epoch))).toEqual([0, 0, 1, 1, 2]);
});

it('a rate that is no finite number from 0 on is refused, and its step named', () => {
  expect(rateAt(0.5, 7)).toBe(0.5);
  expect(() => rateAt(() => Number.NaN, 7)).toThrow(
    'learning rate of step 8: expected a finite number from 0 on, got NaN',
  );
  expect(() => rateAt(-1, 0)).toThrow('got -1');
});
