import { describe, expect, test } from 'vitest';
import { histogramDistance, scoreHistogram } from './histogram-distance.ts';

describe('histogramDistance', () => {
  test('by hand', () => {
    // (1−3)²/4 + (2−2)²/4 + (0−0)²/0 (left out) + (5−0)²/5 = 1 + 0 + 5; half of it is 3.
    expect(histogramDistance([1, 2, 0, 5], [3, 2, 0, 0])).toBe(3);
    expect(histogramDistance([2, 1], [2, 1])).toBe(0);
  });

  test('refuses histograms of different length', () => {
    expect(() => histogramDistance([1], [1, 2])).toThrow('got 1 and 2 bins');
  });
});

describe('scoreHistogram', () => {
  test('by hand, with four bins', () => {
    // Range 10..18, bins of 2: [10,12) [12,14) [14,16) [16,18]. Normal 10 11 13 16, each 1/4 of an image per bin width 1/4:
    // densities 2 1 0 1. Abnormal 13 18: 0 2 0 2.
    // ½ (2²/2 + 1²/3 + 1²/3) = ½ (2 + 2/3) = 4/3.
    const scores = [10, 11, 13, 16, 13, 18];
    const found = scoreHistogram(scores, [0, 0, 0, 0, 1, 1], 4);
    expect(found).toMatchObject({ range: [10, 18], normal: [2, 1, 0, 1], abnormal: [0, 2, 0, 2] });
    expect(found.distance).toBeCloseTo(4 / 3, 12);
  });

  test('has 100 bins, densities of area 1, and a distance of 100 where no bin holds both classes', () => {
    const scores = Float32Array.from({ length: 30 }, (_, image) => image);
    const labels = Array.from(scores, (score) => (score < 20 ? 0 : 1));
    const { normal, abnormal, distance } = scoreHistogram(scores, labels);
    expect(normal).toHaveLength(100);
    const area = (densities: number[]) => densities.reduce((sum, density) => sum + density / 100, 0);
    expect(area(normal)).toBeCloseTo(1, 12);
    expect(area(abnormal)).toBeCloseTo(1, 12);
    expect(distance).toBeCloseTo(100, 9);
  });

  test('puts equal scores into one bin and finds no distance', () => {
    expect(scoreHistogram([3, 3, 3], [0, 1, 0])).toMatchObject({ range: [3, 3], distance: 0 });
  });
});
