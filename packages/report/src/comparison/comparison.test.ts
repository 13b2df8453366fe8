import { parseHTML } from 'linkedom';
import { describe, expect, test } from 'vitest';
import { percent } from '../figures.ts';
import { syntheticRun } from '../synthetic-run.testing.ts';
import { buildComparison, isClear, points } from './build-comparison.ts';
import { compareRuns, type ScoredRun } from './compare-runs.ts';

/** A run as its files tell of it; `better` adds to the abnormal images' main score. */
function scoredRun(better = 0): ScoredRun {
  const { result, definitions, heading, test: found } = syntheticRun({ normal: 30, abnormal: 30, side: 8 });
  const images = found.labels!.map((label, image) => ({
    image: `${image}.png`,
    label,
    scores: Object.fromEntries(
      Object.entries(found.scores).map(([name, values]) => [
        name,
        values[image]! + (name === 'rDual' ? better * label : 0),
      ]),
    ),
  }));
  return { result, definitions, description: heading.run, images };
}

/** Good enough to draw from; reproducible. */
function draws(): (below: number) => number {
  let state = 1;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}
const settings = () => ({ resamples: 200, integer: draws() });

describe('compareRuns', () => {
  test('a run against itself differs in nothing', () => {
    const { scores, sides } = compareRuns(scoredRun(), scoredRun(), settings());
    expect(scores.map(({ name }) => name)).toEqual([
      'rec',
      'recEnsemble',
      'aIntra',
      'aInter',
      'rIntra',
      'rDual',
    ]);
    for (const { auc, ap } of scores) {
      expect(auc).toEqual({ value: 0, low: 0, high: 0 });
      expect(ap).toEqual({ value: 0, low: 0, high: 0 });
    }
    expect(sides.changed).toEqual([]);
  });

  test('pairs images by name, whatever their order', () => {
    const second = scoredRun();
    const turned = { ...second, images: [...second.images].reverse() };
    expect(compareRuns(scoredRun(), turned, settings()).scores[5]!.auc.value).toBe(0);
  });

  test('finds the images that changed sides, and which run is right about them', () => {
    // One score, six images. Thresholds: the first run's is 3 (both abnormal ones it can have without a normal one: 4 and 3),
    // the second's 5.
    const run = (values: number[]): ScoredRun => ({
      ...scoredRun(),
      images: values.map((rDual, image) => ({
        image: String(image),
        label: image < 3 ? 0 : 1,
        scores: { rDual },
      })),
    });
    const { sides } = compareRuns(run([0, 1, 2, 0, 3, 4]), run([6, 1, 2, 7, 5, 5]), settings());
    expect(sides.thresholds).toEqual([3, 5]);
    expect(sides.changed).toEqual([
      { number: 1, label: 0, scores: [0, 6], better: false },
      { number: 4, label: 1, scores: [0, 7], better: true },
    ]);
  });

  test.each([
    [
      'other images',
      (run: ScoredRun) => ({ ...run, images: run.images.slice(1) }),
      'got 60 and 59, 59 of them in both',
    ],
    [
      'no labels',
      (run: ScoredRun) => ({ ...run, images: run.images.map((image) => ({ ...image, label: null })) }),
      'expected test images with labels',
    ],
    [
      'no score in common',
      (run: ScoredRun) => ({ ...run, images: run.images.map((image) => ({ ...image, scores: {} })) }),
      'expected runs with a score in common',
    ],
  ])('refuses runs with %s', (_what, change, message) => {
    expect(() => compareRuns(scoredRun(), change(scoredRun()), settings())).toThrow(message);
  });
});

test('the page shows both reports’ figures, differences, intervals and the changed images, and no names', () => {
  const comparison = compareRuns(scoredRun(), scoredRun(0.02), settings());
  const text = buildComparison(comparison);
  const { document } = parseHTML(text);
  const { separations, auc, ap } = comparison.scores.find(({ name }) => name === 'rDual')!;
  const cells = [...document.querySelectorAll('#differences tr[data-score="rDual"] td')].map(
    (cell) => cell.textContent,
  );
  expect(cells).toEqual([
    percent(separations[0].auc),
    percent(separations[1].auc),
    points(auc.value),
    `${points(auc.low)} to ${points(auc.high)}`,
    percent(separations[0].ap),
    percent(separations[1].ap),
    points(ap.value),
    `${points(ap.low)} to ${points(ap.high)}`,
  ]);
  expect(document.querySelectorAll('#images .list tbody tr')).toHaveLength(comparison.sides.changed.length);
  expect(comparison.sides.changed.length).toBeGreaterThan(0);
  expect(text).not.toContain('.png');
});

test('the page shows pixel figures of both, where both have them', () => {
  const masked = (aupro: number, more: object = {}): ScoredRun => {
    const run = scoredRun();
    const figures = { auroc: 0.9, ap: 0.5, aupro, bestDice: 0.625, bestThreshold: 1, ...more };
    const images = { normal: 30, masked: 28, withoutMask: 2 };
    return { ...run, result: { ...run.result, pixelTruth: { images, scores: { rDual: figures } } } };
  };
  const page = (first: ScoredRun, second: ScoredRun) =>
    parseHTML(buildComparison(compareRuns(first, second, settings()))).document;
  const found = page(masked(0.75, { diceAtThreshold: 0.5 }), masked(0.5));
  const cells = [...found.querySelectorAll('#pixels tr[data-pixels="rDual"] td')].map(
    (cell) => cell.textContent,
  );
  // The Dice by held-out normal images is the first run's alone.
  const same = (value: string) => [value, value, '0.0'];
  expect(cells).toEqual([...same('90.0'), ...same('50.0'), '75.0', '50.0', '−25.0', ...same('62.5')]);
  expect(found.querySelector('#pixels .caption')?.textContent).toContain('28 test images;');
  expect(page(masked(0.75), scoredRun()).querySelector('#pixels')).toBeNull();
});

test('an interval is clear where it leaves out 0; points carry a sign', () => {
  expect([isClear({ value: 1, low: 0.1, high: 2 }), isClear({ value: 1, low: -0.1, high: 2 })]).toEqual([
    true,
    false,
  ]);
  expect([points(0.0123), points(-0.2), points(0.0004)]).toEqual(['+1.2', '−20.0', '0.0']);
});
