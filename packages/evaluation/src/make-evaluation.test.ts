import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DatasetIndex, parseRunInput, type ReportFacts, type RunResult } from '@ddad/contract';
import {
  type ArtifactKind,
  artifactKey,
  encodeSafetensors,
  type ObjectStore,
  publishArtifact,
  putDataset,
} from '@ddad/storage';
import { memoryStore } from '@ddad/storage/testing';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { writeReport } from './write-report.ts';

const datasetDigest = 'd'.repeat(64);

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

let store: ObjectStore;
let folder: string;
beforeEach(async () => {
  store = memoryStore();
  folder = await mkdtemp(join(tmpdir(), 'ddad-report-test-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

/** @returns the artifact's key */
async function publishScores(
  kind: ArtifactKind,
  name: string,
  scores: Record<string, number[]>,
): Promise<string> {
  const path = join(folder, name);
  const tensors = new Map(
    Object.entries(scores).map(([tensor, values]) => [
      tensor,
      { shape: [values.length], data: Float32Array.from(values) },
    ]),
  );
  await writeFile(path, encodeSafetensors(tensors));
  const spec = { name };
  await publishArtifact(store, {
    kind,
    key: artifactKey(spec),
    spec,
    files: { scores: path },
    loss: null,
    seconds: 1,
    worker: 'tester',
    environment: {},
  });
  return artifactKey(spec);
}

interface Case {
  index?: Partial<DatasetIndex>;
  /** In the one-class mode there is no UDM, and no score that needs it. */
  oneClass?: boolean;
  withMaps?: boolean;
}

async function facts({ index: change, oneClass = false, withMaps = true }: Case): Promise<ReportFacts> {
  await putDataset(store, {
    name: 'small',
    index: { ...index, ...change },
    pixels: new Uint8Array((change?.images ?? index.images).length),
    digest: datasetDigest,
  });
  const parsed = parseRunInput({ dataset: 'small', k: 2 });
  if ('faults' in parsed) throw new Error('expected a valid input');
  const member = { seed: 0, key: 'k', trainer: 't-1', seconds: 1, loss: 0.1, reused: false };
  const roles = oneClass ? (['ndm'] as const) : (['ndm', 'udm'] as const);
  const maps = await publishScores('maps', 'maps', {
    'rec.0': threeOfFour,
    'rec.1': rightOrder,
    recEnsemble: rightOrder,
    aIntra: wrongOrder,
    ...(oneClass ? {} : { aInter: oneOfFour }),
  });
  return {
    runId: 'run-1',
    dataset: 'small',
    synthetic: true,
    backbone: 'ae',
    k: 2,
    seed: 0,
    input: { ...parsed.input, k: 2 },
    datasetDigest,
    members: roles.flatMap((role) => [0, 1].map((position) => ({ ...member, role, index: position }))),
    artifacts: { maps: withMaps ? maps : null, rIntra: 'r', rDual: null },
    seconds: { plan: 0, train: 1, maps: 1, refine: 1, report: 0, total: 3 },
    refined: {
      rIntra: withMaps ? await publishScores('refined', 'intra', { scores: rightOrder }) : null,
      rDual: withMaps && !oneClass ? await publishScores('refined', 'dual', { scores: threeOfFour }) : null,
    },
  };
}

const read = async (key: string | null) => (await store.get(key ?? '')).toString();

test('gives AUC and AP of every score, rec as the first member with mean and deviation over all', async () => {
  const result = await writeReport(store, await facts({}));
  const perfect = { auc: 1, ap: 1 };
  expect(result.scores).toEqual({
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
  expect(result).not.toHaveProperty('withoutCopies');
  expect(result).not.toHaveProperty('datasetDigest');
  expect(result.files).toMatchObject({
    report: 'reports/run-1/report.json',
    scores: 'reports/run-1/scores.csv',
  });
  expect(JSON.parse(await read(result.files.report))).toEqual(
    JSON.parse(JSON.stringify(result)) as RunResult,
  );
});

test('writes a line per test image, with names quoted where CSV wants it', async () => {
  const { files } = await writeReport(store, await facts({}));
  expect(await read(files.scores)).toBe(
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

test('names pathologies in a last column and reports on each, where the dataset names some', async () => {
  const pathologies = [
    { name: 'cyst', images: [4, 6] },
    { name: 'mass, large', images: [4] },
  ];
  const { pathologies: found, files } = await writeReport(store, await facts({ index: { pathologies } }));
  expect(found).toMatchObject({ normals: 2, unnamed: 1, each: [{ seen: true }, { seen: false, images: 1 }] });
  expect(JSON.parse(await read(files.report))).toMatchObject({ pathologies: found });
  const lines = (await read(files.scores)).split('\n');
  expect(lines[0]).toBe('image,label,rec,recEnsemble,aIntra,aInter,rIntra,rDual,pathology');
  expect(lines[1]).toMatch(/^plain\.png,0,.*,0\.125,$/);
  expect(lines[3]).toMatch(/^"say ""hi""\.png",1,.*,"cyst; mass, large"$/);
  expect(await writeReport(store, await facts({}))).not.toHaveProperty('pathologies');
});

test('the one-class mode leaves out what needs a UDM', async () => {
  const { scores, files } = await writeReport(store, await facts({ oneClass: true }));
  expect(Object.keys(scores ?? {}).sort()).toEqual(['aIntra', 'rIntra', 'rec', 'recEnsemble']);
  expect((await read(files.scores)).split('\n')[1]).toBe('plain.png,0,0.125,0.125,0.75,,0.125,');
});

test('without test labels there are scores per image and no AUC', async () => {
  const images = [4, 2];
  const change = { test: { labels: 'unknown' as const, images }, copies: [[0, 2]] };
  const { scores, files, ...result } = await writeReport(store, await facts({ index: change }));
  expect(scores).toBeNull();
  expect(result).not.toHaveProperty('withoutCopies');
  const [, first, second] = (await read(files.scores)).split('\n');
  expect(first).toBe('"say ""hi"".png",,0.125,0.125,0.75,0.5,0.125,0.125');
  expect(second).toMatch(/^plain\.png,,0\.5,/);
});

test('without test images there is a report alone', async () => {
  const change = { test: { labels: 'none' as const } };
  const { scores, files } = await writeReport(store, await facts({ index: change, withMaps: false }));
  expect(scores).toBeNull();
  expect(files.scores).toBeNull();
  expect(JSON.parse(await read(files.report))).toMatchObject({ runId: 'run-1', scores: null });
});

test('scores once more without the test images that were trained on; unlabeled ones count where a UDM was trained', async () => {
  // Test image 2 is a copy of training image 0, 5 of unlabeled image 6; 3 and 4 of each other, which does not matter.
  const copies = [
    [0, 2],
    [6, 5],
    [3, 4],
  ];
  const both = await writeReport(store, await facts({ index: { copies } }));
  // 3 and 4 are left: 0.5 normal, 0.375 abnormal in rec.0.
  expect(both.withoutCopies).toMatchObject({ images: 2, scores: { rec: { auc: 0, aucMean: 0.5 } } });
  expect(both.scores?.rec.auc).toBe(0.75);

  store = memoryStore();
  const oneClass = await writeReport(store, await facts({ index: { copies }, oneClass: true }));
  // 3, 4 and 5 are left: of 0.375 and 0.75 one is above 0.5.
  expect(oneClass.withoutCopies).toMatchObject({ images: 3, scores: { rec: { auc: 0.5 } } });
});

test('gives no scores where only one class is left without the copies', async () => {
  const { withoutCopies } = await writeReport(store, await facts({ index: { copies: [[0, 2, 3]] } }));
  expect(withoutCopies).toEqual({ images: 2, scores: null });
});

describe('held-out normal images', () => {
  // Train 0 is split by nobody; validation 1 to 3 are scored first, then the unlabeled images 1 and 6 of the index.
  const heldOut: Partial<DatasetIndex> = {
    unlabeled: { labels: 'unknown', images: [1, 6] },
    validation: [7, 8, 9],
    images: [...index.images, 'h1.png', 'h2.png', 'h3.png'],
  };

  async function withReference(given: ReportFacts, change: Partial<ReportFacts['input']> = {}) {
    const maps = await publishScores('maps', 'reference', {
      'rec.0': [0.25, 0.5, 0.375, 0.4375, 0.75],
      'rec.1': [1, 1, 1, 1, 1],
      aIntra: [0.25, 0.25, 0.25, 0.125, 0.25],
    });
    const rIntra = await publishScores('refined', 'reference-intra', { scores: [0, 0.25, 0.5, 0.75, 1] });
    return { ...given, input: { ...given.input, ...change }, reference: { maps, rIntra, rDual: null } };
  }

  test('give thresholds with what they do on the test images, p-values, and label-free figures', async () => {
    const given = await withReference(await facts({ index: heldOut }), { falsePositiveRate: 0.5 });
    const { calibration, labelFree, files, scores } = await writeReport(store, given);
    // Rank ceil(4 · 0.5) = 2 of three. rec.0 of the test images: normal 0.125 and 0.5, abnormal 0.375 and 0.75.
    expect(calibration).toEqual({
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
    expect(labelFree).toEqual({
      images: { unlabeled: 2, heldOut: 3 },
      scores: {
        rec: { auc: expect.closeTo(5 / 6, 12), heldOutMean: 0.375 },
        aIntra: { auc: 0.25, heldOutMean: 0.25 },
        rIntra: { auc: 1, heldOutMean: 0.25 },
      },
    });
    expect(scores?.rec.auc).toBe(0.75);
    const [header, first, second] = (await read(files.scores)).split('\n');
    expect(header).toBe('image,label,rec,recEnsemble,aIntra,aInter,rIntra,rDual,p_rec,p_aIntra,p_rIntra');
    expect(first).toMatch(/^plain\.png,0,.*,1,0\.25,0\.75$/);
    expect(second).toMatch(/,0\.5,0\.25,0\.75$/);
    const stored = JSON.parse(await read(files.report)) as RunResult;
    expect([stored.calibration, stored.labelFree]).toEqual([calibration, labelFree]);
    expect(stored).not.toHaveProperty('reference');
  });

  test('that are too few for a threshold give the rest', async () => {
    const given = await withReference(await facts({ index: heldOut }));
    const { calibration, labelFree } = await writeReport(store, given);
    expect(calibration).toEqual({ images: 3, falsePositiveRate: 0.05, thresholds: null });
    expect(labelFree?.scores.rec?.auc).toBeCloseTo(5 / 6, 12);
  });

  test('give thresholds without labels or test images, and their mean alone where there is no D_u', async () => {
    const change: Partial<DatasetIndex> = {
      ...heldOut,
      unlabeled: { labels: 'none' },
      test: { labels: 'none' },
      validation: [1, 6, 7, 8, 9],
    };
    const given = await withReference(await facts({ index: change, withMaps: false, oneClass: true }), {
      falsePositiveRate: 0.5,
    });
    const { calibration, labelFree } = await writeReport(store, given);
    expect(calibration?.thresholds?.rec).toEqual({ threshold: 0.4375, sensitivity: null, specificity: null });
    expect(labelFree?.scores.rec).toEqual({ auc: null, heldOutMean: 0.4625 });
  });
});

test('names an artifact that is not there', async () => {
  const given = await facts({});
  const missing = { ...given, refined: { ...given.refined, rDual: 'f'.repeat(64) } };
  await expect(writeReport(store, missing)).rejects.toThrow(
    `refined ${'f'.repeat(64)}: expected it to be finished, found no manifest`,
  );
});
