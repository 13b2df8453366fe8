import type { AxisValues, KCurvePoint, RunResult, RunScores } from '@ddad/contract';
import { describe, expect, it } from 'vitest';
import type { ExperimentTable, TabledRun } from '../experiment-table.ts';
import { paperTables } from './paper-tables.ts';
import { type DdadSettings, ddadSchema } from './settings.ts';

const separation = (auc: number) => ({ auc, ap: auc - 0.125 });

/** Scores that differ by a quarter each, from the one given on. */
function scores(rec: number): RunScores {
  return {
    rec: { ...separation(rec), aucMean: rec, aucStd: 0.0625 },
    aIntra: separation(rec + 0.25),
    aInter: separation(rec + 0.5),
  };
}

const resultWith = (changes: Partial<RunResult>): RunResult => ({
  runId: 'r',
  dataset: 'brain',
  synthetic: false,
  method: 'ddad',
  backbone: 'ae',
  k: 3,
  seed: 0,
  scores: scores(0.25),
  members: [],
  artifacts: {},
  seconds: { total: 1 },
  files: { report: 'reports/r/report.json', page: null, scores: null },
  ...changes,
});

const run = (axes: AxisValues, result: Partial<RunResult> = {}): TabledRun => ({
  axes,
  results: [resultWith(result)],
});

/** A run with several seeds, whose scores begin at the figures given. */
const seeds = (axes: AxisValues, first: Partial<RunResult>, ...others: Partial<RunResult>[]): TabledRun => ({
  axes,
  results: [resultWith(first), ...others.map(resultWith)],
});

function table(number: string): ExperimentTable {
  const found = paperTables[number];
  if (found === undefined) throw new Error(`no table ${number}`);
  return found;
}

const settings = (fields: object) => ddadSchema.parse({ dataset: 'a', ...fields }) as DdadSettings;

it('3: backbones and scores, a column for whatever else varies', () => {
  const runs = [run({ backbone: 'ae' }), run({ backbone: 'aeu' }, { backbone: 'aeu', scores: scores(0.5) })];
  expect(table('3').make(runs)).toEqual({
    caption: 'AUC/AP in percent.',
    headings: ['backbone, score', 'brain'],
    rows: [
      ['AE rec', { ...separation(0.25), aucMean: 0.25, aucStd: 0.0625 }],
      ['AE aIntra', separation(0.5)],
      ['AE aInter', separation(0.75)],
      ['AE-U rec', { ...separation(0.5), aucMean: 0.5, aucStd: 0.0625 }],
      ['AE-U aIntra', separation(0.75)],
      ['AE-U aInter', separation(1)],
    ],
  });
  const varied = [run({ backbone: 'ae', epochs: 5 }), run({ backbone: 'ae', epochs: 9 }, { scores: null })];
  expect(table('3').make(varied)).toMatchObject({
    headings: ['backbone, score', 'epochs = 5', 'epochs = 9'],
    rows: [
      ['AE rec', {}, null],
      ['AE aIntra', {}, null],
      ['AE aInter', {}, null],
    ],
  });
});

it('4: seen and unseen pathologies of the pool; says what is missing where none are named', () => {
  const group = (kind: string, found: RunScores) => ({ pathologies: [kind], images: 7, scores: found });
  const byPool = { seen: group('cyst', scores(0.5)), unseen: group('mass', scores(0.25)), neither: 0 };
  const pathologies = { normals: 9, each: [], byRun: byPool, byPool, unnamed: 0 };
  expect(table('4').make([run({ anomalousRate: 0.5 }, { pathologies })])).toEqual({
    caption:
      'AUC/AP in percent, each against all normal test images. A: 7 images of pathologies that the unlabeled pool holds ' +
      '(cyst). B: 7 images of unseen ones (mass).',
    headings: ['method', 'unlabeled images', 'setting A (seen)', 'setting B (unseen)'],
    rows: [
      ['reconstruction', '–', null, null],
      ['DDAD aInter', 'anomalousRate = 0.5', separation(1), separation(0.75)],
    ],
  });
  expect(table('4').make([run({})])).toEqual({
    missing: expect.stringMatching(/^No run has scores by pathology: .*labels\.csv/) as string,
  });
});

it('4: a baseline for every NDM there is, named where there are several, above the runs that have it', () => {
  const runs = (withInput: boolean) =>
    [0, 0.5].flatMap((anomalousRate, rate) =>
      (['ae', 'aeu'] as const).map((backbone, place) => {
        const found = { aInter: separation(0.5 + rate / 8), recEnsemble: separation(0.25 + place / 4) };
        const group = { pathologies: ['cyst'], images: 7, scores: found };
        const byPool = { seen: group, unseen: group, neither: 0 };
        const axes = { anomalousRate, 'refiner.epochs': 5, backbone };
        const input = { dataset: 'a', backbone, seed: place + rate, anomalousRate, refiner: { epochs: 5 } };
        return run(axes, {
          backbone,
          pathologies: { normals: 9, each: [], byRun: byPool, byPool, unnamed: 0 },
          ...(withInput ? { input } : {}),
        });
      }),
    );
  const rowsOf = (of: TabledRun[]) => {
    const made = table('4').make(of);
    return 'rows' in made ? made.rows.map((row) => row.slice(0, 3)) : made.missing;
  };
  const own = (rate: number, backbone: string) =>
    `anomalousRate = ${rate}, refiner.epochs = 5, backbone = ${backbone}`;
  const rows = [
    ['reconstruction (backbone = ae)', '–', separation(0.25)],
    ['DDAD aInter', own(0, 'ae'), separation(0.5)],
    ['DDAD aInter', own(0.5, 'ae'), separation(0.625)],
    ['reconstruction (backbone = aeu)', '–', separation(0.5)],
    ['DDAD aInter', own(0, 'aeu'), separation(0.5)],
    ['DDAD aInter', own(0.5, 'aeu'), separation(0.625)],
  ];
  expect(rowsOf(runs(true))).toEqual(rows);
  // Of results from before they held their input, the axes tell.
  expect(rowsOf(runs(false))).toEqual(rows);
  // Runs with names of their own are alike by their input, whatever they are called.
  const [ae, , late] = runs(true);
  const named = (axes: AxisValues, { results }: TabledRun): TabledRun => ({ axes, results });
  expect(rowsOf([named({ name: 'none' }, ae!), named({ name: 'half' }, late!)])).toEqual([
    ['reconstruction', '–', separation(0.25)],
    ['DDAD aInter', 'name = none', separation(0.5)],
    ['DDAD aInter', 'name = half', separation(0.625)],
  ]);
});

describe('5: ensemble sizes from two on', () => {
  const spread = (mean: number) => ({ mean, std: 0.01 });
  const point = (k: number, auc: number): KCurvePoint => ({
    k,
    subsets: 3,
    scores: { aInter: { auc: spread(auc), ap: spread(auc - 0.1) } },
  });

  it('a line for every score of a curve', () => {
    expect(table('5').make([run({}, { kCurve: [point(1, 0.6), point(2, 0.7)] })])).toMatchObject({
      headings: ['backbone, score', 'K = 2'],
      rows: [['AE aInter', { auc: spread(0.7), ap: spread(0.7 - 0.1) }]],
    });
    expect(table('5').make([run({})])).toEqual({
      missing: expect.stringMatching(/^No run has a curve over k/) as string,
    });
  });

  it('wants a run of three members', () => {
    expect(table('5').lack?.([], [settings({ k: 2 })])).toBe(
      "expected runs of k from 3 on, whose subsets are the table's columns, got 2",
    );
    expect(table('5').lack?.([], [settings({ k: 2 }), settings({ k: 'auto' })])).toBeNull();
  });
});

it('6: estimates of uncertainty side by side', () => {
  const runs = [run({ uncertainty: 'dropout' }), run({ uncertainty: 'ensemble' }, { scores: scores(0.125) })];
  expect(table('6').make(runs)).toEqual({
    caption: null,
    headings: ['backbone, score', 'uncertainty estimate', 'AUC %', 'AP %'],
    rows: [
      ['AE aInter', 'MC Dropout', { share: 0.75 }, { share: 0.625 }],
      ['AE aInter', 'Deep Ensemble', { share: 0.625 }, { share: 0.5 }],
      ['AE aIntra', 'MC Dropout', { share: 0.5 }, { share: 0.375 }],
      ['AE aIntra', 'Deep Ensemble', { share: 0.375 }, { share: 0.25 }],
    ],
  });
  expect(table('6').lack?.(['seed'], [])).toBe(
    'expected an axis uncertainty, as ["ensemble", "dropout"], got seed',
  );
  expect(table('6').lack?.(['uncertainty'], [])).toBeNull();
});

describe('over seeds', () => {
  // 1/4, 1/2 and 3/4 have mean 1/2 and deviation √((1/16 + 0 + 1/16) / 2) = 1/4; AP is 1/8 lower.
  const spread = (mean: number, std: number, n: number) => ({
    auc: { mean, std, n },
    ap: { mean: mean - 0.125, std, n },
  });
  const three = (axes: AxisValues) =>
    seeds(axes, { scores: scores(0.25) }, { scores: scores(0.5) }, { scores: scores(0.75) });

  it('3: a cell holds mean and deviation of all seeds that could be judged', () => {
    expect(table('3').make([three({ backbone: 'ae' })])).toMatchObject({
      headings: ['backbone, score', 'brain'],
      rows: [
        ['AE rec', spread(0.5, 0.25, 3)],
        ['AE aIntra', spread(0.75, 0.25, 3)],
        ['AE aInter', {}],
      ],
    });
    const one = seeds({ backbone: 'ae' }, { scores: scores(0.25) }, { scores: null });
    const alone = { auc: { mean: 0.25, std: null, n: 1 }, ap: { mean: 0.125, std: null, n: 1 } };
    expect(table('3').make([one])).toMatchObject({ rows: [['AE rec', alone], {}, {}] });
  });

  it('4: groups of pathologies', () => {
    const group = (found: RunScores) => ({ pathologies: ['cyst'], images: 7, scores: found });
    const withGroups = (found: RunScores) => {
      const byPool = { seen: group(found), unseen: { ...group({}), scores: null }, neither: 0 };
      return { pathologies: { normals: 9, each: [], byRun: byPool, byPool, unnamed: 0 } };
    };
    const made = table('4').make([seeds({}, withGroups(scores(0.25)), withGroups(scores(0)))]);
    // 3/4 and 1/2: mean 5/8, deviation √(2 · (1/8)²) = 1/8 · √2.
    expect(made).toMatchObject({
      rows: [{}, ['DDAD aInter', 'all', spread(0.625, 0.125 * Math.SQRT2, 2), null]],
    });
  });

  it("5: subsets' means, whose own deviations are left out", () => {
    const curve = (auc: number): KCurvePoint[] => [
      {
        k: 2,
        subsets: 3,
        scores: { aInter: { auc: { mean: auc, std: 9 }, ap: { mean: auc - 0.125, std: 9 } } },
      },
    ];
    const made = table('5').make([
      seeds({}, { kCurve: curve(0.25) }, { kCurve: curve(0.5) }, { kCurve: curve(0.75) }),
    ]);
    expect(made).toEqual({
      caption: "AUC/AP in percent: means over subsets of the run's members (at most 100 of each size).",
      headings: ['backbone, score', 'K = 2'],
      rows: [['AE aInter', spread(0.5, 0.25, 3)]],
    });
  });

  it('5: of a seed that is left alone the mean, without the deviation over its subsets', () => {
    const kCurve: KCurvePoint[] = [
      { k: 2, subsets: 3, scores: { aInter: { auc: { mean: 0.5, std: 9 }, ap: { mean: 0.375, std: 9 } } } },
    ];
    const alone = { auc: { mean: 0.5, std: null, n: 1 }, ap: { mean: 0.375, std: null, n: 1 } };
    const made = table('5').make([
      seeds({ backbone: 'ae' }, { kCurve }, { kCurve }),
      seeds({ backbone: 'memae' }, { backbone: 'memae', kCurve }),
      // The other seed has no curve.
      seeds({ backbone: 'aeu' }, { backbone: 'aeu', kCurve }, { backbone: 'aeu' }),
    ]);
    expect(made).toMatchObject({
      rows: [
        ['AE aInter', spread(0.5, 0, 2)],
        ['MemAE aInter', alone],
        ['AE-U aInter', alone],
      ],
    });
  });

  it('6: AUC and AP apart', () => {
    const made = table('6').make([three({ uncertainty: 'dropout' })]);
    expect(made).toMatchObject({
      rows: [
        [
          'AE aInter',
          'MC Dropout',
          { share: { mean: 1, std: 0.25, n: 3 } },
          { share: { mean: 0.875, std: 0.25, n: 3 } },
        ],
        ['AE aIntra', 'MC Dropout', {}, {}],
      ],
    });
  });
});
