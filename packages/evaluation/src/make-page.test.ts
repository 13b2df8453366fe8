import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DatasetIndex, parseRunInput, type ReportFacts } from '@ddad/contract';
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
import { writePage } from './write-page.ts';
import { writeReport } from './write-report.ts';

const side = 4;
const datasetDigest = 'd'.repeat(64);
/** Train 0, test 1 and 2 (normal), 3 and 4 (abnormal); 2 is a copy of 0. */
const index: DatasetIndex = {
  format: 1,
  imageSize: side,
  images: ['train', 'first', 'second', 'third', 'fourth'].map((name) => `name-of-${name}.png`),
  train: [0],
  unlabeled: { labels: 'none' },
  test: { labels: 'known', normal: [1, 2], abnormal: [3, 4] },
  validation: [],
  copies: [[0, 2]],
  synthetic: true,
};

let store: ObjectStore;
let folder: string;
beforeEach(async () => {
  store = memoryStore();
  folder = await mkdtemp(join(tmpdir(), 'ddad-page-test-'));
});
afterEach(() => rm(folder, { recursive: true }));

type Tensors = Record<string, { shape: number[]; data: Float32Array }>;

/** @returns the artifact's key */
async function publish(kind: ArtifactKind, name: string, files: Record<string, Tensors>): Promise<string> {
  const paths: Record<string, string> = {};
  for (const [file, tensors] of Object.entries(files)) {
    paths[file] = join(folder, `${name}-${file}`);
    await writeFile(paths[file], encodeSafetensors(new Map(Object.entries(tensors))));
  }
  const spec = { name, imagesDigest: 'a'.repeat(64) };
  await publishArtifact(store, {
    kind,
    key: artifactKey(spec),
    spec,
    files: paths,
    loss: 0.25,
    seconds: 1,
    worker: 'tester',
    environment: { processor: 'Test Processor' },
    history: [0.5, 0.25],
  });
  return artifactKey(spec);
}

const scores = (...values: number[]) => ({ shape: [values.length], data: Float32Array.from(values) });
/** Maps whose pixels are all equal: the image's score. */
const maps = (...values: number[]) => ({
  shape: [values.length, side, side],
  data: Float32Array.from(values.flatMap((value) => new Array<number>(side * side).fill(value))),
});

async function facts(): Promise<ReportFacts> {
  const pixels = Uint8Array.from({ length: 5 * side * side }, (_, at) => at);
  await putDataset(store, { name: 'small', index, pixels, digest: datasetDigest });
  const parsed = parseRunInput({ dataset: 'small', k: 2, unlabeled: 0 });
  if ('faults' in parsed) throw new Error('expected a valid input');
  const member = { role: 'ndm' as const, seed: 5, trainer: 't-1', seconds: 1, loss: 0.25, reused: false };
  const keys = [
    await publish('members', 'ndm0', { weights: { a: scores(1) } }),
    await publish('members', 'ndm1', { weights: { a: scores(2) } }),
  ];
  const found = [0.1, 0.2, 0.3, 0.4];
  return {
    runId: 'run-1',
    dataset: 'small',
    synthetic: true,
    backbone: 'ae',
    k: 2,
    seed: 0,
    input: { ...parsed.input, k: 2 },
    datasetDigest,
    members: keys.map((key, position) => ({ ...member, key, index: position })),
    artifacts: {
      maps: await publish('maps', 'maps', {
        scores: {
          'rec.0': scores(...found),
          'rec.1': scores(...found),
          recEnsemble: scores(...found),
          aIntra: scores(...found),
        },
        maps: { recEnsemble: maps(...found), aIntra: maps(...found) },
      }),
      rIntra: await publish('refiners', 'intra', { weights: { a: scores(3) } }),
      rDual: null,
    },
    seconds: { plan: 0, train: 1, maps: 1, refine: 1, report: 0, total: 3 },
    refined: {
      rIntra: await publish('refined', 'refined-intra', {
        scores: { scores: scores(...found) },
        maps: { maps: maps(0, 0.25, 0.5, 1) },
      }),
      rDual: null,
    },
  };
}

test('stores one page with the figures of report.json, the test images and where all was made, and no names', async () => {
  const given = await facts();
  const result = await writeReport(store, given);
  await writePage(store, given, result);
  expect(result.files.page).toBe('reports/run-1/report.html');
  const page = (await store.get(result.files.page)).toString('utf8');
  const json = (id: string) =>
    JSON.parse(
      new RegExp(`<script type="application/json" id="${id}">(.*)</script>`).exec(page)![1]!,
    ) as unknown;
  expect(json('report-json')).toEqual(JSON.parse((await store.get(result.files.report)).toString('utf8')));
  expect(json('page-data')).toMatchObject({
    labels: [0, 0, 1, 1],
    side,
    maps: [{ name: 'recEnsemble' }, { name: 'aIntra' }, { name: 'rIntra', end: 1 }],
    // The clearest hit, the worst miss, and the false alarms, of which the first has a copy in training.
    cases: [
      { number: 4, label: 1, copy: false },
      { number: 3, label: 1 },
      { number: 2, label: 0, copy: true },
      { number: 1, label: 0 },
    ],
  });
  for (const part of [datasetDigest, ...given.members.map(({ key }) => key), 'Test Processor']) {
    expect(page).toContain(part);
  }
  expect(page).not.toContain('name-of-');
});

test('a run without test images gets a page of its members', async () => {
  const given = await facts();
  await putDataset(store, {
    name: 'small',
    index: { ...index, test: { labels: 'none' } },
    pixels: new Uint8Array(5 * side * side),
    digest: datasetDigest,
  });
  const bare: ReportFacts = {
    ...given,
    artifacts: { ...given.artifacts, maps: null },
    refined: { rIntra: null, rDual: null },
  };
  const result = await writeReport(store, bare);
  await writePage(store, bare, result);
  const page = (await store.get(result.files.page)).toString('utf8');
  expect(page).toContain('id="members"');
  expect(page).not.toContain('id="gallery"');
});

test('names an artifact that is not there, and stores no page', async () => {
  const given = await facts();
  const result = await writeReport(store, given);
  const missing = { ...given, members: [{ ...given.members[0]!, key: 'f'.repeat(64) }] };
  await expect(writePage(store, missing, result)).rejects.toThrow(
    `members ${'f'.repeat(64)}: expected it to be finished`,
  );
  expect(await store.exists(result.files.page)).toBe(false);
});

test('tells why a page could not be built', async () => {
  const given = await facts();
  const result = await writeReport(store, given);
  const { maps: _maps, ...others } = given.artifacts;
  // Maps of another number of images than the dataset has for testing.
  const wrong = await publish('maps', 'wrong', {
    scores: { 'rec.0': scores(1, 2, 3, 4), recEnsemble: scores(1, 2, 3, 4) },
    maps: { recEnsemble: maps(1, 2) },
  });
  const damaged = { ...given, artifacts: { ...others, maps: wrong } };
  await expect(writePage(store, damaged, result)).rejects.toThrow(
    'maps recEnsemble: expected 64 for 4 test images, got 32',
  );
});
