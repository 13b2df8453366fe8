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
import { afterEach, beforeEach, expect, test } from 'vitest';
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
    pixels: new Uint8Array(index.images.length),
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
    input: parsed.input,
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

test('names an artifact that is not there', async () => {
  const given = await facts({});
  const missing = { ...given, refined: { ...given.refined, rDual: 'f'.repeat(64) } };
  await expect(writeReport(store, missing)).rejects.toThrow(
    `refined ${'f'.repeat(64)}: expected it to be finished, found no manifest`,
  );
});
