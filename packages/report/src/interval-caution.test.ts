import { expect, test } from 'vitest';
import { intervalCaution } from './interval-caution.ts';

const wide = { low: 0.7, high: 0.9 };
const score = { auc: 0.8, ap: 0.8, aucInterval: wide, apInterval: wide };

test('nothing is to be said of intervals that have a width and images', () => {
  expect(intervalCaution({ one: score }, { normal: 5, abnormal: 9 })).toBeNull();
  expect(intervalCaution({ one: score }, null)).toBeNull();
  // Nor where there are none.
  expect(intervalCaution({ one: { auc: 1, ap: 1 } }, { normal: 1, abnormal: 1 })).toBeNull();
});

test.each([
  [{ normal: 100, abnormal: 1 }, '1 abnormal test image are'],
  [{ normal: 4, abnormal: 100 }, '4 normal test images are'],
])('fewer than five images of a class are named, %o', (classes, expected) => {
  expect(intervalCaution({ one: score }, classes)).toContain(`Intervals that rest on ${expected} too narrow`);
});

test.each([{ apInterval: { low: 1, high: 1 } }, { specificityAt: [{ at: 0.9, value: 1, low: 1, high: 1 }] }])(
  'an interval without width promises nothing, %o',
  (flat) => {
    const told = intervalCaution({ one: score, two: { ...score, ...flat } }, { normal: 50, abnormal: 50 });
    expect(told).toContain('without width promises nothing');
  },
);
