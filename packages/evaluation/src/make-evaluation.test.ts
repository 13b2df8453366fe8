import { readFile } from 'node:fs/promises';
import type { DatasetIndex, EvaluatedSource, EvaluationSpec, Findings, HeldOutScores } from '@ddad/contract';
import { methods } from '@ddad/methods';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { MadeUpTasks, notedContext, scoresOf, tensor } from './made-up-task.testing.ts';
import { makeEvaluation } from './make-evaluation.ts';

/** Train 0; unlabeled 1 (normal) and 6 (abnormal); test 2 and 3 (normal), 4 and 5 (abnormal). */
const index: DatasetIndex = {
  format: 1,
  imageSize: 1,
  images: ['t.png', 'u.png', 'plain.png', 'a,b.png', 'say "hi".png', 'two\nlines.png', 'v.png'],
  train: [0],
  unlabeled: { labels: 'known', normal: [1], abnormal: [6] },
  test: { labels: 'known', normal: [2, 3], abnormal: [4, 5] },
  validation: [],
  copies: [],
  synthetic: true,
};

/** Of the four pairs of an abnormal and a normal image, three are right: 0.375 < 0.5 is wrong. AUC 3/4, AP 5/6. */
const threeOfFour = [0.125, 0.5, 0.375, 0.75];
const rightOrder = [0.125, 0.25, 0.375, 0.5];
const wrongOrder = [0.75, 0.5, 0.375, 0.25];
/** Both abnormal images between or below: AUC 1/4. */
const oneOfFour = [0.5, 0.25, 0.375, 0.125];

const ddad = methods.method('ddad');
const names = ddad.scores({ dataset: 'd', method: 'ddad', seed: 0, calibration: 0 }).map(({ name }) => name);

let made: MadeUpTasks;
beforeEach(async () => {
  made = await MadeUpTasks.start();
});
afterEach(() => made.remove());

interface Case {
  index?: Partial<DatasetIndex>;
  /** In the one-class mode there are no scores that need unlabeled images. */
  oneClass?: boolean;
  sources?: EvaluatedSource[];
  spec?: Partial<EvaluationSpec>;
}

/** Sources as a run of ddad has them: maps with the first four scores, refined maps with one each. */
async function testSources(oneClass: boolean): Promise<EvaluatedSource[]> {
  const maps = await made.artifact('maps', 'maps', {
    scores: {
      'rec.0': scoresOf(threeOfFour),
      'rec.1': scoresOf(rightOrder),
      recEnsemble: scoresOf(rightOrder),
      aIntra: scoresOf(wrongOrder),
      ...(oneClass ? {} : { aInter: scoresOf(oneOfFour) }),
    },
  });
  const intra = await made.artifact('refined', 'intra', { scores: { scores: scoresOf(rightOrder) } });
  const dual = await made.artifact('refined', 'dual', { scores: { scores: scoresOf(threeOfFour) } });
  const images = 'test' as const;
  const of = (score: string) => ({ ...maps, images, score, tensor: score, map: score });
  return [
    { ...maps, images, score: 'rec', tensor: 'rec.0', each: ['rec.0', 'rec.1'] },
    of('recEnsemble'),
    of('aIntra'),
    ...(oneClass ? [] : [of('aInter'), { ...dual, images, score: 'rDual', tensor: 'scores' }]),
    { ...intra, images, score: 'rIntra', tensor: 'scores' },
  ];
}

async function taskOf({ index: change, oneClass = false, sources, spec }: Case) {
  return await made.evaluation(
    {
      selection: {},
      trainsOnUnlabeled: !oneClass,
      scores: names,
      sources: sources ?? (await testSources(oneClass)),
      ...spec,
    },
    { ...index, ...change },
  );
}

async function evaluated(of: Case) {
  const result = await makeEvaluation(await taskOf(of), notedContext());
  if (result === null) throw new Error('expected it to be made');
  const read = async (name: string) =>
    result.files[name] === undefined ? null : await readFile(result.files[name], 'utf8');
  return {
    result,
    findings: JSON.parse((await read('evaluation')) ?? '') as Findings,
    csv: await read('scores'),
    heldOut: JSON.parse((await read('held-out')) ?? 'null') as HeldOutScores | null,
  };
}

test('gives AUC and AP of every score, in order; of one network with mean and deviation over all', async () => {
  const { findings, result, heldOut } = await evaluated({});
  const perfect = { auc: 1, ap: 1 };
  const figures = Object.entries(findings.scores ?? {}).map(
    ([name, { aucInterval: _auc, apInterval: _ap, sensitivityAt: _, specificityAt: __, ...rest }]) => [
      name,
      rest,
    ],
  );
  expect(Object.fromEntries(figures)).toEqual({
    // AUC 3/4 and 1: mean 7/8, deviation 1/8.
    rec: { auc: 0.75, ap: expect.closeTo(5 / 6, 12), aucMean: 0.875, aucStd: 0.125 },
    recEnsemble: perfect,
    // Abnormal images come last: precision 1/3 at recall 1/2, 2/4 at 1.
    aIntra: { auc: 0, ap: expect.closeTo(1 / 6 + 1 / 4, 12) },
    // 0.375 > 0.25 alone is right: precision 1/2 at recall 1/2, 2/4 at 1.
    aInter: { auc: 0.25, ap: expect.closeTo(1 / 4 + 1 / 4, 12) },
    rIntra: perfect,
    rDual: { auc: 0.75, ap: expect.closeTo(5 / 6, 12) },
  });
  expect(Object.keys(findings.scores!)).toEqual(names);
  expect(findings.histogramDistance).toMatchObject({ recEnsemble: 100, rDual: 100 });
  expect(findings).not.toHaveProperty('withoutCopies');
  expect(heldOut).toBeNull();
  expect(result).toMatchObject({ loss: null, environment: { device: 'cpu', node: process.versions.node } });
  expect(result.seconds).toBeGreaterThanOrEqual(0);
});

describe('intervals', () => {
  /** The same of every score; the first network's own scores have AUC 3/4. */
  const certain = { low: 1, high: 1 };

  test('of AUC, AP, sensitivities and specificities are those of resamples of the test images', async () => {
    const { findings } = await evaluated({});
    expect(findings.intervals).toEqual({ confidence: 0.95, resamples: 2000, by: 'image', units: 4 });
    expect(findings.scores?.rIntra).toMatchObject({ aucInterval: certain, apInterval: certain });
    // Normal 0.125 and 0.5, abnormal 0.375 and 0.75. In a sixteenth of the resamples 0.5 and 0.375 alone are drawn (AUC 0), in
    // over a sixteenth every abnormal image is above every normal one. No normal image may be called abnormal: 0.75 is found.
    expect(findings.scores?.rDual).toMatchObject({
      aucInterval: { low: 0, high: 1 },
      sensitivityAt: [
        { at: 0.9, value: 0.5, low: 0, high: 1 },
        { at: 0.95, value: 0.5, low: 0, high: 1 },
      ],
      specificityAt: [
        { at: 0.9, value: 0.5, low: 0, high: 1 },
        { at: 0.95, value: 0.5, low: 0, high: 1 },
      ],
    });
    expect((await evaluated({})).findings).toEqual(findings);
  });

  test('are those of patients, where the dataset knows them', async () => {
    // All abnormal images are one patient's, all normal ones another's: every resample is the test images themselves.
    const { findings } = await evaluated({ index: { patients: [null, null, 1, 1, 2, 2, null] } });
    expect(findings.intervals).toMatchObject({ by: 'patient', units: 2 });
    expect(findings.scores?.rDual?.aucInterval).toEqual({ low: 0.75, high: 0.75 });
    // Patients of training images alone are none of the test images'.
    const others = await evaluated({ index: { patients: [1, 2, null, null, null, null, 3] } });
    expect(others.findings.intervals).toMatchObject({ by: 'image', units: 4 });
  });
});

test('writes a line per test image, with names quoted where CSV wants it', async () => {
  const { csv } = await evaluated({});
  expect(csv).toBe(
    [
      'image,label,rec,recEnsemble,aIntra,aInter,rIntra,rDual',
      'plain.png,0,0.125,0.125,0.75,0.5,0.125,0.125',
      '"a,b.png",0,0.5,0.25,0.5,0.25,0.25,0.5',
      '"say ""hi"".png",1,0.375,0.375,0.375,0.375,0.375,0.375',
      '"two\nlines.png",1,0.75,0.5,0.25,0.125,0.5,0.75',
      '',
    ].join('\n'),
  );
});

test('no spreadsheet computes a name; numbers stay numbers', async () => {
  const images = ['t', 'u', '=1+2', '@a', '-7.png', '\tb', '+v'];
  const pathologies = [{ name: '=cmd()', images: [4] }];
  const sources = await testSources(false);
  const negative = await made.artifact('refined', 'negative', {
    scores: { scores: scoresOf([-1, -2, -0.5, 1]) },
  });
  const { csv } = await evaluated({
    index: { images, pathologies },
    sources: sources.map((source) => (source.score === 'rDual' ? { ...source, ...negative } : source)),
  });
  expect(csv!.split('\n').slice(1)).toEqual([
    "'=1+2,0,0.125,0.125,0.75,0.5,0.125,-1,",
    "'@a,0,0.5,0.25,0.5,0.25,0.25,-2,",
    "'-7.png,1,0.375,0.375,0.375,0.375,0.375,-0.5,'=cmd()",
    "'\tb,1,0.75,0.5,0.25,0.125,0.5,1,",
    '',
  ]);
});

test('names pathologies in a last column and reports on each, where the dataset names some', async () => {
  const pathologies = [
    { name: 'cyst', images: [4, 6] },
    { name: 'mass, large', images: [4] },
  ];
  const { findings, csv } = await evaluated({ index: { pathologies } });
  expect(findings.pathologies).toMatchObject({
    normals: 2,
    unnamed: 1,
    each: [{ seen: true }, { seen: false, images: 1 }],
  });
  const lines = csv!.split('\n');
  expect(lines[0]).toBe('image,label,rec,recEnsemble,aIntra,aInter,rIntra,rDual,pathology');
  expect(lines[1]).toMatch(/^plain\.png,0,.*,0\.125,$/);
  expect(lines[3]).toMatch(/^"say ""hi""\.png",1,.*,"cyst; mass, large"$/);
  expect((await evaluated({})).findings).not.toHaveProperty('pathologies');
});

test('a score that the run does not give is left out, its column empty', async () => {
  const { findings, csv } = await evaluated({ oneClass: true });
  expect(Object.keys(findings.scores ?? {})).toEqual(['rec', 'recEnsemble', 'aIntra', 'rIntra']);
  expect(csv!.split('\n')[1]).toBe('plain.png,0,0.125,0.125,0.75,,0.125,');
});

test('without test labels there are scores per image and no AUC', async () => {
  const change = { test: { labels: 'unknown' as const, images: [5, 4, 3, 2] }, copies: [[0, 2]] };
  const { findings, csv } = await evaluated({ index: change });
  expect(findings).toEqual({ scores: null });
  expect(csv).toContain('\n"two\nlines.png",,0.125,0.125,0.75,0.5,0.125,0.125\n"say ""hi"".png",,0.5,');
});

test('without test images there are findings alone', async () => {
  const { findings, result } = await evaluated({ index: { test: { labels: 'none' } }, sources: [] });
  expect(findings).toEqual({ scores: null });
  expect(Object.keys(result.files)).toEqual(['evaluation']);
});

test('scores once more without the test images that were trained on; unlabeled ones count where the run trains on them', async () => {
  // Test image 2 is a copy of training image 0, 5 of unlabeled image 6; 3 and 4 of each other, which does not matter.
  const copies = [
    [0, 2],
    [6, 5],
    [3, 4],
  ];
  const both = await evaluated({ index: { copies } });
  // 3 and 4 are left: 0.5 normal, 0.375 abnormal in rec.0.
  expect(both.findings.withoutCopies).toMatchObject({ images: 2, scores: { rec: { auc: 0, aucMean: 0.5 } } });
  expect(both.findings.scores?.rec?.auc).toBe(0.75);

  const oneClass = await evaluated({ index: { copies }, oneClass: true });
  // 3, 4 and 5 are left: of 0.375 and 0.75 one is above 0.5.
  expect(oneClass.findings.withoutCopies).toMatchObject({ images: 3, scores: { rec: { auc: 0.5 } } });
});

test('gives no scores where only one class is left without the copies', async () => {
  const { findings } = await evaluated({ index: { copies: [[0, 2, 3]] } });
  expect(findings.withoutCopies).toEqual({ images: 2, scores: null });
});

describe('held-out normal images', () => {
  // Train 0 is split by nobody; validation 7 to 9 are scored first, then the unlabeled images 1 and 6 of the index.
  const heldOut: Partial<DatasetIndex> = {
    unlabeled: { labels: 'unknown', images: [1, 6] },
    validation: [7, 8, 9],
    images: [...index.images, 'h1.png', 'h2.png', 'h3.png'],
  };

  async function referenceSources(): Promise<EvaluatedSource[]> {
    const maps = await made.artifact('maps', 'reference', {
      scores: {
        'rec.0': scoresOf([0.25, 0.5, 0.375, 0.4375, 0.75]),
        'rec.1': scoresOf([1, 1, 1, 1, 1]),
        aIntra: scoresOf([0.25, 0.25, 0.25, 0.125, 0.25]),
      },
    });
    const refined = await made.artifact('refined', 'reference', {
      scores: { scores: scoresOf([0, 0.25, 0.5, 0.75, 1]) },
    });
    const images = 'reference' as const;
    return [
      { ...maps, images, score: 'rec', tensor: 'rec.0', each: ['rec.0', 'rec.1'] },
      { ...maps, images, score: 'aIntra', tensor: 'aIntra', map: 'aIntra' },
      { ...refined, images, score: 'rIntra', tensor: 'scores' },
    ];
  }

  test('give thresholds with what they do on the test images, p-values, and label-free figures', async () => {
    const sources = [...(await testSources(false)), ...(await referenceSources())];
    const found = await evaluated({ index: heldOut, sources, spec: { falsePositiveRate: 0.5 } });
    // Rank ceil(4 · 0.5) = 2 of three. rec.0 of the test images: normal 0.125 and 0.5, abnormal 0.375 and 0.75.
    expect(found.findings.calibration).toEqual({
      images: 3,
      falsePositiveRate: 0.5,
      thresholds: {
        rec: { threshold: 0.375, sensitivity: 0.5, specificity: 0.5 },
        // 0.75, 0.5 normal; 0.375, 0.25 abnormal.
        aIntra: { threshold: 0.25, sensitivity: 0.5, specificity: 0 },
        // 0.125, 0.25 normal; 0.375, 0.5 abnormal.
        rIntra: { threshold: 0.25, sensitivity: 1, specificity: 1 },
      },
    });
    // rec: 0.4375 is above two of three, 0.75 above all. aIntra: 0.125 is below all, 0.25 equal to all.
    expect(found.findings.labelFree).toEqual({
      images: { unlabeled: 2, heldOut: 3 },
      scores: {
        rec: { auc: expect.closeTo(5 / 6, 12), heldOutMean: 0.375 },
        aIntra: { auc: 0.25, heldOutMean: 0.25 },
        rIntra: { auc: 1, heldOutMean: 0.25 },
      },
    });
    expect(found.findings.scores?.rec?.auc).toBe(0.75);
    const [header, first, second] = found.csv!.split('\n');
    expect(header).toBe('image,label,rec,recEnsemble,aIntra,aInter,rIntra,rDual,p_rec,p_aIntra,p_rIntra');
    expect(first).toMatch(/^plain\.png,0,.*,1,0\.25,0\.75$/);
    expect(second).toMatch(/,0\.5,0\.25,0\.75$/);
    expect(found.heldOut).toEqual({
      rec: [0.25, 0.375, 0.5],
      aIntra: [0.25, 0.25, 0.25],
      rIntra: [0, 0.25, 0.5],
    });
  });

  test('that are too few for a threshold give the rest', async () => {
    const sources = [...(await testSources(false)), ...(await referenceSources())];
    const { findings } = await evaluated({ index: heldOut, sources });
    expect(findings.calibration).toEqual({ images: 3, falsePositiveRate: 0.05, thresholds: null });
    expect(findings.labelFree?.scores.rec?.auc).toBeCloseTo(5 / 6, 12);
  });

  test('give thresholds without labels or test images, and their mean alone where there is no D_u', async () => {
    const change: Partial<DatasetIndex> = {
      ...heldOut,
      unlabeled: { labels: 'none' },
      test: { labels: 'none' },
      validation: [1, 6, 7, 8, 9],
    };
    const { findings, result } = await evaluated({
      index: change,
      oneClass: true,
      sources: await referenceSources(),
      spec: { falsePositiveRate: 0.5 },
    });
    expect(findings.calibration?.thresholds?.rec).toEqual({
      threshold: 0.4375,
      sensitivity: null,
      specificity: null,
    });
    expect(findings.labelFree?.scores.rec).toEqual({ auc: null, heldOutMean: 0.4625 });
    expect(Object.keys(result.files)).toEqual(['evaluation', 'held-out']);
  });
});

describe('a curve over ensemble sizes', () => {
  const withCurve = async () => {
    const curve = await made.artifact('kcurves', 'curve', {
      scores: { 'recEnsemble.1': tensor(rightOrder, wrongOrder), 'recEnsemble.2': tensor(threeOfFour) },
    });
    const further = await made.artifact('kcurves', 'further', {
      scores: { 'recEnsembleTop.1': tensor(wrongOrder, wrongOrder), 'recEnsembleTop.2': tensor(rightOrder) },
    });
    const scores = ['rec', 'recEnsembleTop', ...names.slice(1)];
    return await taskOf({ spec: { curves: [curve, further], scores } });
  };

  test('is told by size', async () => {
    const result = await makeEvaluation(await withCurve(), notedContext());
    const { kCurve } = JSON.parse(await readFile(result!.files.evaluation!, 'utf8')) as Findings;
    expect(kCurve).toMatchObject([
      {
        k: 1,
        subsets: 2,
        scores: {
          recEnsemble: { auc: { mean: 0.5, std: 0.5 } },
          recEnsembleTop: { auc: { mean: 0, std: 0 } },
        },
      },
      {
        k: 2,
        subsets: 1,
        scores: {
          recEnsemble: { auc: { mean: 0.75, std: 0 } },
          recEnsembleTop: { auc: { mean: 1, std: 0 } },
        },
      },
    ]);
    // In the order of the definitions.
    expect(Object.keys(kCurve![0]!.scores)).toEqual(['recEnsembleTop', 'recEnsemble']);
  });

  test('is work that tells how it goes, and that ends when it is told to', async () => {
    const context = notedContext();
    await makeEvaluation(await withCurve(), context);
    // The scores, twenty parts of the resamples, and three subsets of each of two scores.
    expect(context.steps).toBe(27);
    expect(context.told.at(-1)).toMatchObject({ done: 4, total: 4, loss: null });
    for (const steps of [0, 2, 22])
      expect(await makeEvaluation(await withCurve(), notedContext(steps))).toBeNull();
  });
});

test('says every tensor that is not there or has scores of other images', async () => {
  const maps = await made.artifact('maps', 'short', {
    scores: { 'rec.0': scoresOf([1, 2, 3]), 'rec.1': scoresOf(threeOfFour) },
  });
  const images = 'test' as const;
  const sources = [
    { ...maps, images, score: 'rec', tensor: 'rec.0', each: ['rec.0', 'rec.1'] },
    { ...maps, images, score: 'aIntra', tensor: 'aIntra' },
  ];
  await expect(makeEvaluation(await taskOf({ sources }), notedContext())).rejects.toMatchObject({
    kind: 'invalid',
    message:
      `maps ${maps.key}: rec.0: expected shape [4], got [3]; ` +
      `maps ${maps.key}: expected a tensor aIntra, got rec.0, rec.1`,
  });
});

test('refuses scores that the method does not define, and those that come twice', async () => {
  const sources = await testSources(false);
  const twice = [...sources, sources[1]!, { ...sources[2]!, score: 'other' }];
  await expect(makeEvaluation(await taskOf({ sources: twice }), notedContext())).rejects.toThrow(
    'sources: expected each of rec, recEnsemble, aIntra, aInter, rIntra, rDual once, got recEnsemble, other',
  );
});

test('says what is wrong with an index without a word of its content', async () => {
  const task = await taskOf({ index: { images: ['secret-name.png'] } });
  const failure = await makeEvaluation(task, notedContext()).catch((error: unknown) => error);
  expect(String(failure)).toMatch(/dataset index: .*test\.normal: expected positions below 1/);
  expect(String(failure)).not.toContain('secret');
});
