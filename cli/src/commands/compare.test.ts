import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { auc, averagePrecision } from '@ddad/anomaly';
import {
  artifactKey,
  type DatasetIndex,
  evaluationKind,
  newEvaluationSpec,
  type RunResult,
  runKeys,
} from '@ddad/contract';
import { datasetDigest } from '@ddad/dataset';
import { encodeSafetensors, type ObjectStore, publishArtifact, putDataset } from '@ddad/storage';
import { memoryStore } from '@ddad/storage/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { inventedMethods, inventedResult } from '../invented-method.testing.ts';
import { recordedScreens } from '../screens-for-tests.ts';
import { compareReports } from './compare.ts';

const first = '01234567-89ab-7cde-8f01-000000000001';
const second = '01234567-89ab-7cde-8f01-000000000002';
const labels = Array.from({ length: 40 }, (_, image) => (image < 20 ? 0 : 1));
/** Scores of which the abnormal images' are raised by `gain`. */
const scores = (gain: number) => labels.map((label, image) => ((image * 7) % 20) + gain * label);

let cwd: string;
let store: ObjectStore;
let screens: ReturnType<typeof recordedScreens>;
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'ddad-compare-'));
  store = memoryStore();
  screens = recordedScreens();
});
afterEach(() => rm(cwd, { recursive: true }));

async function putRun(
  runId: string,
  values: readonly number[],
  names = (image: number) => `${image}.png`,
  pixelTruth?: RunResult['pixelTruth'],
  more: Partial<RunResult> = {},
): Promise<void> {
  const found = { auc: auc(values, labels), ap: averagePrecision(values, labels) };
  const result = inventedResult({
    runId,
    dataset: 'small',
    scores: { near: { ...found, aucMean: found.auc, aucStd: 0 }, fused: found },
    // Keys follow from the run's id, whatever a result says.
    files: { report: 'reports/other/report.json', page: null, scores: 'reports/other/scores.csv' },
    ...(pixelTruth === undefined ? {} : { pixelTruth }),
    ...more,
  });
  const lines = values.map((value, image) => `${names(image)},${labels[image]},${value},,${value}`);
  await store.put(runKeys.report(runId), JSON.stringify(result));
  await store.put(runKeys.scores(runId), `image,label,near,far,fused\n${lines.join('\n')}\n`);
}

/** As Temporal answers of runs that it has forgotten: the store alone is asked. */
const deps = () => ({
  runs: { find: async () => null },
  methods: inventedMethods,
  store,
  screens,
  openFile: async () => {},
});

test('shows AUC and AP of both, differences with intervals, and what changed sides; writes the page', async () => {
  await putRun(first, scores(1));
  await putRun(second, scores(12));
  await compareReports(deps(), { runs: [first, second], cwd });
  const text = screens.out.text();
  const percent = (share: number) => (share * 100).toFixed(1);
  const [before, after] = [auc(scores(1), labels), auc(scores(12), labels)];
  const lines = text.split('\n');
  const at = lines.findIndex((candidate) => candidate.startsWith('fused'));
  expect(lines[at]).toMatch(new RegExp(`^fused +A +${percent(before)} +[\\d.]+ *$`));
  expect(lines[at + 1]).toMatch(
    new RegExp(`^ +B +${percent(after)} +\\+${percent(after - before)} +\\+[\\d.]+ to \\+[\\d.]+ \\* `),
  );
  expect(text).toContain(`A: small: method distillation, 3 students, seed 0 (${first})`);
  expect(text).toMatch(/^\d+ images changed sides by fused$/m);
  expect(text).toMatch(/^ {2}B against A: \d+ to the right one, \d+ to the wrong one$/m);
  const file = join(cwd, `${first}-${second}.html`);
  expect(text.trim().split('\n').at(-1)).toBe(file);
  const page = await readFile(file, 'utf8');
  expect(page).toContain(first);
  expect(page).toContain(second);

  // The same draws every time.
  await compareReports(deps(), { runs: [first, second], cwd });
  const [once, again] = screens.out.text().split(`${file}\n`);
  expect(again).toBe(once);
});

test('shows how well the maps of both show where something is, where both know masks', async () => {
  const figures = { auroc: 0.9, ap: 0.5, aupro: 0.75, bestDice: 0.625, bestThreshold: 1 };
  const images = { normal: 20, masked: 18, withoutMask: 2 };
  const found = (raised: number, heldOut: object) => ({
    images,
    scores: {
      far: { ...figures, ...heldOut, auroc: figures.auroc + raised },
      fused: { ...figures, ap: figures.ap - raised },
    },
  });
  await putRun(first, scores(1), undefined, found(0, { threshold: 2, diceAtThreshold: 0.25 }));
  await putRun(second, scores(2), undefined, found(0.05, { threshold: 2, diceAtThreshold: 0.25 }));
  await compareReports(deps(), { runs: [first, second], cwd });
  const lines = screens.out.text().split('\n');
  const from = lines.findIndex((line) => line.startsWith('pixels, by map of'));
  const cells = lines.slice(from, from + 12).map((line) => line.trim().split(/ {2,}/));
  expect(cells.filter((row) => row.length > 1)).toEqual([
    ['pixels, by map of', 'in %', 'A', 'B', 'diff'],
    ['far', 'AUROC', '90.0', '95.0', '+5.0'],
    ['AP', '50.0', '50.0', '0.0'],
    ['AUPRO', '75.0', '75.0', '0.0'],
    ['best Dice', '62.5', '62.5', '0.0'],
    ['Dice, held-out normals', '25.0', '25.0', '0.0'],
    ['fused', 'AUROC', '90.0', '90.0', '0.0'],
    ['AP', '50.0', '45.0', '-5.0'],
    ['AUPRO', '75.0', '75.0', '0.0'],
    ['best Dice', '62.5', '62.5', '0.0'],
  ]);
  expect(lines).toContain('test images with a mask: 18');
  const page = await readFile(join(cwd, `${first}-${second}.html`), 'utf8');
  expect(page).toContain('data-pixels="far"');

  // One of them was not compared with masks.
  await putRun(second, scores(2));
  await compareReports(deps(), { runs: [first, second], cwd });
  expect(screens.out.text().split('pixels, by map of')).toHaveLength(2);
});

test('compares runs of several methods by the main score of each, whose names say nothing of one another', async () => {
  const map = (name: string, rank: number) => {
    return { name, symbol: { letter: 'A', index: name }, meaning: `${name} of others`, map: true, rank };
  };
  await putRun(first, scores(1));
  // What it calls `near` and `fused` is something else.
  await putRun(second, scores(12), undefined, undefined, {
    method: 'another',
    definitions: [map('fused', 0), map('near', 1)],
  });
  await compareReports(deps(), { runs: [first, second], cwd });
  const lines = screens.out.text().split('\n');
  const at = lines.findIndex((line) => line.startsWith('main score of each run'));
  const percent = (share: number) => (share * 100).toFixed(1);
  const [before, after] = [auc(scores(1), labels), auc(scores(12), labels)];
  expect(lines[at]).toMatch(new RegExp(`^main score of each run +A: fused +${percent(before)} `));
  expect(lines[at + 1]).toMatch(new RegExp(`^ +B: near +${percent(after)} +\\+${percent(after - before)} `));
  expect(lines.filter((line) => /^(near|fused)/.test(line))).toEqual([]);
  expect(lines.some((line) => /^\d+ images changed sides by the main score of each run$/.test(line))).toBe(
    true,
  );
});

test('says why two runs cannot be compared', async () => {
  await putRun(first, scores(1));
  await putRun(second, scores(1), (image) => `other-${image}.png`);
  await expect(compareReports(deps(), { runs: [first, second], cwd })).rejects.toThrow(
    'these runs cannot be compared: A and B: expected runs on the same test images, got 40 and 40, 0 of them in both',
  );
  const gone = '01234567-89ab-7cde-8f01-000000000003';
  await expect(compareReports(deps(), { runs: [first, gone], cwd })).rejects.toThrow(
    `no run ${gone} with a report`,
  );
});

/** Test images of a pixel each but for their side, of two patients a class; and maps of `fused`, whose values are the scores. */
async function putMaps(runId: string, values: readonly number[]): Promise<Partial<RunResult>> {
  const side = 64;
  const index: DatasetIndex = {
    format: 1,
    imageSize: side,
    images: labels.map((_label, image) => `${image}.png`),
    train: [],
    unlabeled: { labels: 'none' },
    test: {
      labels: 'known',
      normal: labels.flatMap((label, image) => (label === 0 ? [image] : [])),
      abnormal: labels.flatMap((label, image) => (label === 1 ? [image] : [])),
    },
    validation: [],
    copies: [],
    patients: labels.map((_label, image) => 1 + Math.floor(image / 10)),
    synthetic: true,
  };
  const pixels = Uint8Array.from({ length: labels.length * side ** 2 }, (_, at) => at % 251);
  const digest = datasetDigest(index, pixels);
  await putDataset(store, { name: 'small', index, pixels, digest });
  const area = side ** 2;
  const maps = Float32Array.from({ length: labels.length * area }, (_, at) => values[Math.floor(at / area)]!);
  const path = join(cwd, 'maps.safetensors');
  const tensors = new Map([['fused-maps', { shape: [labels.length, side, side], data: maps }]]);
  await writeFile(path, encodeSafetensors(tensors));
  const made = { loss: null, seconds: 1, worker: 's', environment: {} };
  const key = artifactKey({ of: runId });
  await publishArtifact(store, {
    kind: 'scored-maps',
    key,
    spec: { of: runId },
    files: { maps: path },
    ...made,
  });
  const spec = newEvaluationSpec({
    datasetDigest: digest,
    selection: {},
    trainsOnUnlabeled: false,
    scores: ['fused'],
    sources: [
      { kind: 'scored-maps', key, score: 'fused', images: 'test', tensor: 'fused', map: 'fused-maps' },
    ],
  });
  const { kind } = evaluationKind;
  const evaluation = { kind, key: artifactKey(spec) };
  await publishArtifact(store, { ...evaluation, spec, files: {}, ...made });
  return { datasetDigest: digest, nodes: [{ id: 'evaluation', ...evaluation, unit: 'image' }] };
}

test('three runs: titled by what their inputs differ in, drawn by patient, with heat maps of what changed sides', async () => {
  const third = '01234567-89ab-7cde-8f01-000000000003';
  const input = (k: number) => ({ input: { dataset: 'small', method: 'distillation', k, seed: 0 } });
  await putRun(first, scores(1), undefined, undefined, { ...input(3), ...(await putMaps(first, scores(1))) });
  await putRun(second, scores(12), undefined, undefined, {
    ...input(5),
    ...(await putMaps(second, scores(12))),
  });
  // Its artifacts have gone.
  await putRun(third, scores(3), undefined, undefined, input(7));
  await compareReports(deps(), { runs: [first, second, third], cwd });
  const text = screens.out.text();
  for (const [letter, k, run] of [
    ['A', 3, first],
    ['B', 5, second],
    ['C', 7, third],
  ])
    expect(text).toContain(`${letter}: small: k ${k} (${run})`);
  expect(text).toContain('bootstrap over 4 patients, paired');
  const file = join(cwd, `${first}-and-2-others.html`);
  expect(text.trim().split('\n').at(-1)).toBe(file);
  const page = await readFile(file, 'utf8');
  const changed = Number(/^(\d+) images changed sides/m.exec(text)?.[1]);
  const shown = page.match(/<li class="case"/g)?.length ?? 0;
  expect(shown).toBeGreaterThan(0);
  expect(shown).toBeLessThanOrEqual(Math.min(28, changed));
  expect(page.match(/<img class="map"/g)).toHaveLength(2 * shown);
  expect(page).toContain('C has no heat maps here: its evaluation is not in the store any more.');

  await compareReports(deps(), { runs: [first, second, third], pictures: false, out: 'bare.html', cwd });
  expect(await readFile(join(cwd, 'bare.html'), 'utf8')).not.toContain('src="data:image');
});
