import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { randomStream } from '@ddad/compute';
import { describe, expect, test, vi } from 'vitest';
import { maskRegions } from './mask-regions.ts';
import { PixelTruth } from './pixel-truth.ts';
import { ScoreBins } from './score-bins.ts';

// scikit-learn takes its time to load.
vi.setConfig({ testTimeout: 180_000 });

function binsOf(...maps: Float32Array[]): ScoreBins {
  const bins = new ScoreBins();
  for (const map of maps) bins.add(map);
  return bins;
}

test('pixels that touch at a corner are one region', () => {
  const mask = [
    [1, 0, 0, 9],
    [0, 1, 0, 9],
    [0, 0, 0, 0],
    [3, 0, 0, 1],
  ].flat();
  const { regions, sizes } = maskRegions(mask, 4);
  expect(sizes).toEqual([2, 2, 1, 1]);
  expect([...regions]).toEqual([0, -1, -1, 1, -1, 0, -1, 1, -1, -1, -1, -1, 2, -1, -1, 3]);
});

test('by hand', () => {
  // Regions of two pixels (9, 1) and of one (5); outside 6, 4, 3, 2 and 0, 0, 0, 0, 0, 0.
  const [two, one] = [Float32Array.of(9, 1, 6, 4, 3, 2, 0, 0), Float32Array.of(5, 0, 0, 0, 0)];
  const truth = new PixelTruth(binsOf(two, one), 5);
  truth.add(two, [1, 1, 0, 0, 0, 0, 0, 0], 8);
  truth.add(one, [255, 0, 0, 0, 0], 5);
  const figures = truth.figures()!;
  // Pairs that are right, of 3 · 10: 9 over all 10, 5 over 9, 1 over 6.
  expect(figures.auroc).toBeCloseTo(25 / 30, 12);
  // From the top 9 (1 of 1), 5 (2 of 3), 1 (3 of 7).
  expect(figures.ap).toBeCloseTo((1 + 2 / 3 + 3 / 7) / 3, 12);
  // Up to 3 of 10 outside: overlap 1/4 until 6 came (1 of 10), then (1/2 + 1) / 2 for 4 and 3.
  expect(figures.aupro).toBeCloseTo((1 / 4 + 3 / 4 + 3 / 4) / 3, 12);
  // Called above 5: 9 and 6, of which one is right: 2 · 1 / (2 + 3).
  expect(figures.diceAtThreshold).toBeCloseTo(2 / 5, 12);
  // From 5 on: 9, 6, 5; 2 of 3 are right: 2 · 2 / (3 + 3).
  expect(figures.bestDice).toBeCloseTo(4 / 6, 12);
  expect(figures.bestThreshold).toBe(5);
});

test('without pixels of both kinds there is nothing to compare; other sizes are refused', () => {
  const map = Float32Array.of(0.1, 0.2);
  const truth = new PixelTruth(binsOf(map));
  truth.add(map, [0, 0], 2);
  expect(truth.figures()).toBeNull();
  expect(() => truth.add(map, [0], 2)).toThrow(
    'expected map and mask of one size and whole rows of 2, got 2 and 1',
  );
  expect(() => truth.add(Float32Array.of(0.1, Number.NaN), [0, 1], 2)).toThrow(
    'pixel 1: expected a score, got NaN',
  );
});

describe('against scikit-learn and scipy', () => {
  const script = join(import.meta.dirname, 'pixel_truth_testing.py');
  test.each([
    ['scores of any value', (score: number) => score],
    ['a long tail on both sides', (score: number) => (score - 0.5) ** 9],
    ['many ties', (score: number) => Math.round(score * 20) / 20],
  ])('%s', (_what, rounded) => {
    const side = 48;
    const images = 40;
    const random = randomStream(11);
    const data = new Float32Array(images * 2 * side * side);
    for (let image = 0; image < images; image++) {
      const at = image * 2 * side * side;
      for (let pixel = 0; pixel < side * side; pixel++) {
        const [x, y] = [pixel % side, Math.floor(pixel / side)];
        // Discs of two sizes in most images, none in the rest.
        const inside =
          image % 4 !== 0 &&
          (Math.hypot(x - 12, y - 15) < 3 + (image % 5) || Math.hypot(x - 34, y - 30) < 2.5);
        const noise = random.uniform();
        data[at + pixel] = rounded(Math.min(1.4, 0.8 * noise + (inside ? 0.35 : 0)));
        data[at + side * side + pixel] = inside ? 1 : 0;
      }
    }
    const of = (place: number) => data.subarray(place * side * side, (place + 1) * side * side);
    const places = Array.from({ length: images }, (_, image) => 2 * image);
    const truth = new PixelTruth(binsOf(...places.map(of)), 0.625);
    for (const place of places) truth.add(of(place), of(place + 1), side);
    const output = execFileSync(process.env.DDAD_TEST_PYTHON!, [script, String(side), '0.625'], {
      input: data,
    });
    const expected = JSON.parse(output.toString()) as Record<string, number>;
    const figures = truth.figures()! as unknown as Record<string, number>;
    for (const [name, value] of Object.entries(expected)) {
      expect(Math.abs(figures[name]! - value), name).toBeLessThan(1e-6);
    }
  });
});
