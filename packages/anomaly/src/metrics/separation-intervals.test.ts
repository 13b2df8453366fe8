import { randomStream } from '@ddad/compute';
import { describe, expect, test } from 'vitest';
import { drawWeights, imageStrata, patientStrata, type Stratum, unitsOf } from './resample-images.ts';
import { SeparationBootstrap } from './separation-intervals.ts';
import { rankScore, weightedFigures } from './weighted-figures.ts';

describe('by hand', () => {
  test('sensitivity and specificity of ten images of each class', () => {
    // Normal 0 to 9; abnormal 0.5, 1.5 ... 9.5. One normal image of ten may be called abnormal: above 8 lie 8.5 and 9.5, at
    // or above 9 only 9.5; at 8.5 the 9 alone is called abnormal, so two of ten are found. At 95 % none may: 9.5 alone.
    // Nine of ten found: from 1.5 on, 2 to 9 are called abnormal, 0 and 1 not. All of them: from 0.5 on, 0 alone is not.
    const labels = Array.from({ length: 20 }, (_, at) => (at < 10 ? 0 : 1));
    const scores = labels.map((label, at) => (label === 0 ? at : at - 9.5));
    const found = weightedFigures(rankScore(scores, labels), new Uint32Array(20).fill(1));
    expect(found.sensitivityAt).toEqual([0.2, 0.1]);
    expect(found.specificityAt).toEqual([0.2, 0.1]);
    // Of 100 pairs, the abnormal image k + 0.5 is above k + 1 normal ones: 55.
    expect(found.auc).toBeCloseTo(0.55, 12);
  });

  test('an image that counts twice is two images, one that counts not at all is none', () => {
    // Left: normal 1, 2, 2; abnormal 2, 3. Pairs: 2 is above 1 and ties with two: 2 of 3; 3 above all: 5 of 6.
    // From the top: 3 (1 of 1, recall 1/2), 2 (2 of 4, recall 1): 1/2 + 1/4.
    const ranked = rankScore([1, 2, 9, 2, 3, -7], [0, 0, 0, 1, 1, 1]);
    const found = weightedFigures(ranked, Uint32Array.of(1, 2, 0, 1, 1, 0));
    expect(found.auc).toBeCloseTo(5 / 6, 12);
    expect(found.ap).toBeCloseTo(3 / 4, 12);
    // No normal image may be called abnormal: 3 alone. All abnormal ones: 2 and above, 1 is left of three.
    expect(found.sensitivityAt).toEqual([0.5, 0.5]);
    expect(found.specificityAt).toEqual([1 / 3, 1 / 3]);
  });

  test('without overlap all is certain; equal scores tell nothing', () => {
    const labels = [0, 0, 1, 1];
    const once = new Uint32Array(4).fill(1);
    expect(weightedFigures(rankScore([0, 1, 2, 3], labels), once)).toEqual({
      auc: 1,
      ap: 1,
      sensitivityAt: [1, 1],
      specificityAt: [1, 1],
    });
    expect(weightedFigures(rankScore([5, 5, 5, 5], labels), once)).toEqual({
      auc: 0.5,
      ap: 0.5,
      sensitivityAt: [0, 0],
      specificityAt: [0, 0],
    });
  });
});

describe('strata', () => {
  test('patients of normal images, of abnormal ones and of both are drawn apart, with all of their images', () => {
    const labels = [0, 1, 0, 1, 0, 0, 1];
    const patients = [7, 8, 7, 9, 9, null, null];
    const strata = patientStrata(labels, patients);
    expect(strata).toEqual([
      { images: Uint32Array.of(0, 2, 5), starts: Uint32Array.of(0, 2, 3) },
      { images: Uint32Array.of(1, 6), starts: Uint32Array.of(0, 1, 2) },
      { images: Uint32Array.of(3, 4), starts: Uint32Array.of(0, 2) },
    ]);
    expect(unitsOf(strata)).toBe(5);
    const weights = new Uint32Array(7).fill(9);
    drawWeights(strata, () => 0, weights);
    expect([...weights]).toEqual([2, 2, 2, 1, 1, 0, 0]);
  });

  test('intervals by patient are wider where the images of one are alike', () => {
    // Twenty patients with five equal images each: what a hundred images seem to know twenty patients know.
    const stream = randomStream(2, 'alike');
    const own = Array.from({ length: 20 }, (_, patient) => stream.uniform() + (patient % 2 === 1 ? 0.4 : 0));
    const patients = Array.from({ length: 100 }, (_, image) => Math.floor(image / 5));
    const labels = patients.map((patient) => patient % 2);
    const width = (strata: Stratum[]) => {
      const scores = patients.map((patient) => own[patient]!);
      const settings = {
        resamples: 1000,
        confidence: 0.95,
        integer: (n: number) => stream.integer(0, n - 1),
      };
      const bootstrap = new SeparationBootstrap([['one', scores]], labels, strata, settings);
      bootstrap.draw(1000);
      const { low, high } = bootstrap.intervals().get('one')!.aucInterval;
      return high - low;
    };
    // √5 times, as one mean of five equal values is as uncertain as one value.
    const ratio = width(patientStrata(labels, patients)) / width(imageStrata(labels));
    expect(ratio).toBeGreaterThan(1.8);
    expect(ratio).toBeLessThan(2.8);
  });
});

test('refuses to tell intervals before all resamples are drawn, and scores of other images', () => {
  const settings = { resamples: 3, confidence: 0.95, integer: () => 0 };
  const bootstrap = new SeparationBootstrap([['one', [1, 2]]], [0, 1], imageStrata([0, 1]), settings);
  bootstrap.draw(2);
  expect(() => bootstrap.intervals()).toThrow('expected 3 resamples to be drawn, got 2');
  expect(() => new SeparationBootstrap([['one', [1]]], [0, 1], [], settings)).toThrow(
    'got 2 labels and 1 scores',
  );
});
