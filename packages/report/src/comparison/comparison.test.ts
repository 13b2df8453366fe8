import { parseHTML } from 'linkedom';
import { describe, expect, test } from 'vitest';
import { percent } from '../figures.ts';
import { syntheticRun } from '../synthetic-run.testing.ts';
import { buildComparison, isClear, points } from './build-comparison.ts';
import { type ComparedPictures, shownImages } from './changed-pictures.ts';
import { compareRuns, type ScoredRun, sidesChanged } from './compare-runs.ts';
import { runOfMethod } from './run-of-method.testing.ts';

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
const settings = () => ({ resamples: 200, confidence: 0.95, integer: draws() });

/** A run of other seed and members. */
function seeded(seed: number, better: number, more: object = {}): ScoredRun {
  const run = scoredRun(better);
  const input = { ...run.result.input, dataset: 'discs', method: 'ddad', k: 3, seed, ...more };
  return { ...run, result: { ...run.result, runId: `run-${seed}`, seed, input } };
}

describe('compareRuns', () => {
  test('a run against itself differs in nothing', () => {
    const { scores, sides } = compareRuns([scoredRun(), scoredRun()], settings());
    expect(scores.map(({ name }) => name)).toEqual([
      'rec',
      'recEnsemble',
      'aIntra',
      'aInter',
      'rIntra',
      'rDual',
    ]);
    const none = { value: 0, low: 0, high: 0 };
    for (const { differences } of scores) expect(differences).toEqual([null, { auc: none, ap: none }]);
    expect(sides.changed).toEqual([]);
  });

  test('pairs images by name, whatever their order', () => {
    const second = scoredRun();
    const turned = { ...second, images: [...second.images].reverse() };
    const { scores, runs } = compareRuns([scoredRun(), turned], settings());
    expect(scores[5]!.differences[1]!.auc.value).toBe(0);
    expect(runs[1]!.places.slice(0, 3)).toEqual([59, 58, 57]);
  });

  // One score, six images, of which the last three are abnormal. Where sensitivity and specificity together are greatest, the first
  // run's threshold is 3 (two abnormal images without a normal one), the second's 5, the third's 1.
  const small = (values: number[]): ScoredRun => ({
    ...scoredRun(),
    images: values.map((rDual, image) => ({
      image: String(image),
      label: image < 3 ? 0 : 1,
      scores: { rDual },
    })),
  });
  const three = [small([0, 1, 2, 0, 3, 4]), small([6, 1, 2, 7, 5, 5]), small([0, 0, 0, 1, 2, 3])];

  test('finds the images that changed sides, and which runs are right about them', () => {
    const found = compareRuns(three, settings());
    expect(found.sides.thresholds).toEqual([3, 5, 1]);
    expect(found.sides.changed).toEqual([
      { number: 1, label: 0, scores: [0, 6, 0], right: [true, false, true] },
      { number: 4, label: 1, scores: [0, 7, 1], right: [false, true, true] },
    ]);
    expect([1, 2].map((run) => sidesChanged(found, run))).toEqual([
      { better: 1, worse: 1 },
      { better: 1, worse: 0 },
    ]);
    // Image 4 is the one whose rank differs most among those that A has wrong; those come first.
    expect(shownImages(found)).toEqual([3, 0]);
  });

  test('every other run is held against the first', () => {
    const { scores } = compareRuns(three, settings());
    const alone = three
      .slice(1)
      .map((run) => compareRuns([three[0]!, run], settings()).scores[0]!.differences[1]!);
    // By hand, in ninths: the first run has 2 of 3 abnormal images above all normal ones and one half tied: 6.5; the second one
    // 7 > all, and two times 5 above two of three: 7; the third one all.
    const [, b, c] = scores[0]!.differences;
    expect(b!.auc.value).toBeCloseTo((7 - 6.5) / 9, 12);
    expect(c!.auc.value).toBeCloseTo((9 - 6.5) / 9, 12);
    expect([b, c]).toEqual(alone);
  });

  test('a score that one of the runs does not have is compared among those that have it', () => {
    const bare = scoredRun();
    const without = {
      ...bare,
      images: bare.images.map(({ scores: { aInter: _, ...scores }, ...image }) => ({ ...image, scores })),
    };
    const { scores, sides } = compareRuns([scoredRun(), without, scoredRun()], settings());
    const { separations, differences } = scores.find(({ name }) => name === 'aInter')!;
    expect(separations.map((found) => found !== null)).toEqual([true, false, true]);
    expect(differences.map((found) => found !== null)).toEqual([false, false, true]);
    expect(sides.score).toBe('rDual');
  });

  test('resamples draw patients, where their images are known', () => {
    const patients = new Map(scoredRun().images.map(({ image }, place) => [image, Math.floor(place / 5)]));
    const found = compareRuns([scoredRun(), scoredRun(0.02)], settings(), patients);
    expect(found.drawn).toEqual({ by: 'patient', units: 12, resamples: 200 });
    expect(compareRuns([scoredRun(), scoredRun()], settings()).drawn).toEqual({
      by: 'image',
      units: 60,
      resamples: 200,
    });
  });

  test.each([
    [
      'other images',
      (run: ScoredRun) => ({ ...run, images: run.images.slice(1) }),
      'A and C: expected runs on the same test images, got 60 and 59, 59 of them in both',
    ],
    [
      'no labels',
      (run: ScoredRun) => ({ ...run, images: run.images.map((image) => ({ ...image, label: null })) }),
      'A and C: expected test images with labels',
    ],
    [
      'no score in common',
      (run: ScoredRun) => ({ ...run, images: run.images.map((image) => ({ ...image, scores: {} })) }),
      'expected runs with a score in common',
    ],
  ])('refuses runs with %s', (_what, change, message) => {
    expect(() => compareRuns([scoredRun(), scoredRun(), change(scoredRun())], settings())).toThrow(message);
  });

  test('names every run that cannot be compared', () => {
    const other = { ...scoredRun(), images: [] };
    expect(() => compareRuns([scoredRun(), other, other], settings())).toThrow(/A and B: .*; A and C: /);
  });
});

describe('compareRuns, of several methods', () => {
  // The values of `three` above, with the same AUC: 6.5, 7 and 9 ninths.
  const labels = [0, 0, 0, 1, 1, 1] as const;
  const cutpaste = runOfMethod('cutpaste', labels, { mahalanobis: [0, 1, 2, 0, 3, 4] });
  const ganomaly = runOfMethod('ganomaly', labels, {
    latentError: [6, 1, 2, 7, 5, 5],
    residual: [0, 1, 2, 3, 4, 5],
    residualTop: [0, 1, 2, 3, 4, 5],
  });
  const igd = runOfMethod('igd', labels, {
    igd: [0, 0, 0, 1, 2, 3],
    residual: [5, 4, 3, 2, 1, 0],
    residualTop: [5, 4, 3, 2, 1, 0],
  });

  test('judges each by its own main score, and is right where no score has a name in common', () => {
    const { scores, sides } = compareRuns([cutpaste, ganomaly, igd], settings());
    expect(scores.map(({ name, names }) => [name, names])).toEqual([
      [null, ['mahalanobis', 'latentError', 'igd']],
    ]);
    const { separations, differences } = scores[0]!;
    expect(separations.map((found) => found!.auc * 9)).toEqual([6.5, 7, 9]);
    expect(differences[1]!.auc.value).toBeCloseTo(0.5 / 9, 12);
    expect(differences[2]!.auc.value).toBeCloseTo(2.5 / 9, 12);
    expect(sides).toMatchObject({ score: null, names: ['mahalanobis', 'latentError', 'igd'] });
    expect(sides.thresholds).toEqual([3, 5, 1]);
    expect(sides.changed.map(({ number }) => number)).toEqual([1, 4]);
    // What has no map of its own is shown by the one beside it.
    expect(sides.maps).toEqual([null, 'residual', 'residual']);
  });

  test('holds no score against another one that is called the same, but against its own method’s', () => {
    const { scores } = compareRuns([ganomaly, igd, ganomaly], settings());
    expect(scores.map(({ name, names }) => [name, names])).toEqual([
      [null, ['latentError', 'igd', 'latentError']],
      ['latentError', ['latentError', null, 'latentError']],
      ['residual', ['residual', null, 'residual']],
      ['residualTop', ['residualTop', null, 'residualTop']],
    ]);
    for (const { separations, differences } of scores.slice(1)) {
      expect(separations[1]).toBeNull();
      expect(differences[1]).toBeNull();
      expect(differences[2]!.auc.value).toBe(0);
    }
  });

  test('holds scores against each other that methods define alike', () => {
    const values = { rec: [0, 1, 2, 3, 4, 5], recEnsemble: [0, 1, 2, 3, 4, 5] };
    const runs = [runOfMethod('ae', labels, values), runOfMethod('memae', labels, values)];
    expect(compareRuns(runs, settings()).scores.map(({ name, names }) => [name, names])).toEqual([
      [null, ['recEnsemble', 'recEnsemble']],
      ['rec', ['rec', 'rec']],
      ['recEnsemble', ['recEnsemble', 'recEnsemble']],
    ]);
  });

  test('holds the maps that stand for the runs against masks', () => {
    const masked = (run: ScoredRun, aupro: number): ScoredRun => {
      const figures = { auroc: 0.9, ap: 0.5, aupro, bestDice: 0.625, bestThreshold: 1 };
      const pixelTruth = {
        images: { normal: 3, masked: 3, withoutMask: 0 },
        scores: { residual: figures },
      };
      return { ...run, result: { ...run.result, pixelTruth } };
    };
    const runs = [masked(ganomaly, 0.75), masked(igd, 0.5), cutpaste];
    const { pixels } = compareRuns(runs, settings());
    expect(pixels).toHaveLength(1);
    expect(pixels[0]).toMatchObject({ name: null, names: ['residual', 'residual', null] });
    expect(pixels[0]!.figures).toContainEqual({ title: 'AUPRO', values: [0.75, 0.5, null] });
  });

  test('names every run without a score', () => {
    const bare = (run: ScoredRun) => ({ ...run, images: run.images.map((one) => ({ ...one, scores: {} })) });
    expect(() => compareRuns([cutpaste, bare(ganomaly), bare(igd)], settings())).toThrow(
      'B: expected a run with a score of every test image, got none; C: expected',
    );
  });

  test('the page says whose score each figure is, and which map each run is shown by', async () => {
    const maps = { side: 2, end: 1, read: async () => Float32Array.of(0, 0.5, 1, 2) };
    const pictures = {
      side: 2,
      pixels: async () => Uint8Array.of(0, 50, 100, 150),
      maps: ['method cutpaste makes none', maps, maps],
    };
    const text = await buildComparison(compareRuns([cutpaste, ganomaly, igd], settings()), pictures);
    const { document } = parseHTML(text);
    const cellsOf = (rows: string, place: number) =>
      [...document.querySelectorAll(rows)[place]!.querySelectorAll('th, td')].map((cell) => cell.textContent);
    const [head, a, b] = cellsOf('#differences tr[data-score="main"]', 0);
    expect([head, a]).toEqual(['main score of each run', '72.2mahalanobis']);
    expect(b).toMatch(/^77\.8latentError\+5\.6 \(/);
    expect(document.querySelectorAll('#differences tr[data-score]')).toHaveLength(2);
    expect(document.querySelector('#differences svg')?.textContent).toContain('main scores');
    expect(cellsOf('.runs tbody tr', 2)[2]).toBe('100.0igd');
    const heads = [...document.querySelectorAll('#first-wrong .of-run .name')].map((one) => one.textContent);
    expect(heads).toEqual(['A', 'B Ax', 'C Ares']);
    expect(document.querySelector('#changes .caption')?.textContent).toContain('abnormal by its main score');
    expect(document.querySelector('#changes')?.textContent).toContain('method cutpaste makes none');
  });
});

describe('the page', () => {
  test('shows all reports’ figures, differences, intervals and the changed images, and no names', async () => {
    const comparison = compareRuns([seeded(0, 0), seeded(1, 0.02), seeded(2, 0.04)], settings());
    const text = await buildComparison(comparison);
    const { document } = parseHTML(text);
    const { separations, differences } = comparison.scores.find(({ name }) => name === 'rDual')!;
    for (const [place, metric] of (['auc', 'ap'] as const).entries()) {
      const row = document.querySelectorAll('#differences tr[data-score="rDual"]')[place]!;
      const cells = [...row.querySelectorAll('td')].map((cell) => cell.textContent);
      expect(cells).toEqual(
        separations.map((separation, run) => {
          const found = differences[run]?.[metric];
          const against =
            found === undefined
              ? ''
              : `${points(found.value)} (${points(found.low)} to ${points(found.high)})`;
          return `${percent(separation![metric])}${against}`;
        }),
      );
    }
    const titles = [...document.querySelectorAll('.runs tbody tr')].map(
      (row) => row.querySelector('td')?.textContent,
    );
    expect(titles).toEqual(['seed 0', 'seed 1', 'seed 2']);
    expect(document.querySelectorAll('#changes .list tbody tr')).toHaveLength(
      comparison.sides.changed.length,
    );
    expect(comparison.sides.changed.length).toBeGreaterThan(0);
    expect(text).not.toContain('.png');
    expect(document.querySelectorAll('#changes .case')).toHaveLength(0);
  });

  test('says how many of many images are in the scatter chart', async () => {
    const few = compareRuns([scoredRun(), scoredRun(0.1)], settings());
    const many = <T>(list: readonly T[]) => Array.from({ length: 350 }, () => list).flat();
    const { labels, sides } = few;
    // 21,000, of which a page draws 20,000 at most.
    const large = { ...few, labels: many(labels), sides: { ...sides, values: sides.values.map(many) } };
    const said = async (of: typeof few) => / side, (.+) is drawn/.exec(await buildComparison(of))?.[1];
    expect(await said(large)).toBe('one in 2');
    expect(await said(few)).toBeUndefined();
  });

  test('shows the images that changed sides with the heat maps of all runs, each run’s own place and scale', async () => {
    const comparison = compareRuns([seeded(0, 0), seeded(1, 0.02), seeded(2, 0.04)], settings());
    const asked: string[] = [];
    const maps = (run: string) => ({
      side: 2,
      end: 1,
      read: async (place: number) => {
        asked.push(`${run}${place}`);
        return Float32Array.of(0, 0.5, 1, 2);
      },
    });
    const pictures: ComparedPictures = {
      side: 2,
      pixels: async () => Uint8Array.of(0, 50, 100, 150),
      maps: [maps('A'), 'its maps are not in the store any more', maps('C')],
    };
    const { document } = parseHTML(await buildComparison(comparison, pictures));
    const cases = [...document.querySelectorAll('#changes .case')];
    const shown = shownImages(comparison);
    expect(cases.map((one) => Number(one.getAttribute('data-image')) - 1)).toEqual(shown);
    expect(shown.length).toBeLessThanOrEqual(28);
    expect(cases.map((one) => one.querySelectorAll('img.map').length)).toEqual(shown.map(() => 2));
    expect(asked).toEqual(shown.flatMap((place) => [`A${place}`, `C${place}`]));
    const change = comparison.sides.changed.find(({ number }) => number - 1 === shown[0])!;
    expect(
      [...cases[0]!.querySelectorAll('[data-verdict]')].map((mark) => mark.getAttribute('data-verdict')),
    ).toEqual(change.right.map((right) => (right ? 'right' : 'wrong')));
    expect(document.querySelector('#changes')?.textContent).toContain(
      'B has no heat maps here: its maps are not in the store any more.',
    );
  });

  test('shows pixel figures of all, where the first and another have them', async () => {
    const masked = (aupro: number, more: object = {}): ScoredRun => {
      const run = scoredRun();
      const figures = { auroc: 0.9, ap: 0.5, aupro, bestDice: 0.625, bestThreshold: 1, ...more };
      const images = { normal: 30, masked: 28, withoutMask: 2 };
      return { ...run, result: { ...run.result, pixelTruth: { images, scores: { rDual: figures } } } };
    };
    const page = async (...runs: ScoredRun[]) =>
      parseHTML(await buildComparison(compareRuns(runs, settings()))).document;
    const found = await page(masked(0.75, { diceAtThreshold: 0.5 }), masked(0.5), scoredRun());
    const rows = [...found.querySelectorAll('#pixels tr[data-pixels="rDual"]')].map((row) =>
      [...row.querySelectorAll('td')].map((cell) => cell.textContent),
    );
    // The Dice by held-out normal images is the first run's alone.
    expect(rows).toEqual([
      ['AUROC', '90.0', '90.00.0', '–'],
      ['AP', '50.0', '50.00.0', '–'],
      ['AUPRO', '75.0', '50.0−25.0', '–'],
      ['best Dice', '62.5', '62.50.0', '–'],
    ]);
    expect(found.querySelector('#pixels .caption')?.textContent).toContain('28 test images in A;');
    expect((await page(masked(0.75), scoredRun())).querySelector('#pixels')).toBeNull();
  });

  test('lists the fields in which the inputs differ, and the others apart', async () => {
    const runs = [seeded(0, 0), seeded(1, 0, { refiner: { epochs: 20 } })];
    const { document } = parseHTML(await buildComparison(compareRuns(runs, settings())));
    const fields = (within: string) =>
      [...document.querySelectorAll(`${within} tr[data-field]`)].map((row) =>
        [
          row.getAttribute('data-field'),
          ...[...row.querySelectorAll('td')].map((cell) => cell.textContent),
        ].join(' '),
      );
    expect(fields('#inputs > .scroll')).toEqual(['seed 0 1', 'refiner.epochs – 20']);
    expect(fields('#inputs details')).toContain('k 3 3');
  });
});

test('an interval is clear where it leaves out 0; points carry a sign', () => {
  expect([isClear({ value: 1, low: 0.1, high: 2 }), isClear({ value: 1, low: -0.1, high: 2 })]).toEqual([
    true,
    false,
  ]);
  expect([points(0.0123), points(-0.2), points(0.0004)]).toEqual(['+1.2', '−20.0', '0.0']);
});
