import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { auc, averagePrecision } from '@ddad/anomaly';
import { type RunResult, runKeys } from '@ddad/contract';
import type { ObjectStore } from '@ddad/storage';
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
): Promise<void> {
  const found = { auc: auc(values, labels), ap: averagePrecision(values, labels) };
  const result = inventedResult({
    runId,
    dataset: 'small',
    scores: { near: { ...found, aucMean: found.auc, aucStd: 0 }, fused: found },
    // Keys follow from the run's id, whatever a result says.
    files: { report: 'reports/other/report.json', page: null, scores: 'reports/other/scores.csv' },
    ...(pixelTruth === undefined ? {} : { pixelTruth }),
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
  const line = text.split('\n').find((candidate) => candidate.startsWith('fused'));
  expect(line).toMatch(
    new RegExp(
      `^fused +${percent(before)} +${percent(after)} +\\+${percent(after - before)} +\\+[\\d.]+ to \\+[\\d.]+ \\* `,
    ),
  );
  expect(text).toContain(`1st: small: method distillation, 3 students, seed 0 (${first})`);
  expect(text).toMatch(/^\d+ images changed sides by fused: \d+ to the right one, \d+ to the wrong one$/m);
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
    ['pixels, by map of', 'in %', '1st', '2nd', 'diff'],
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

test('says why two runs cannot be compared', async () => {
  await putRun(first, scores(1));
  await putRun(second, scores(1), (image) => `other-${image}.png`);
  await expect(compareReports(deps(), { runs: [first, second], cwd })).rejects.toThrow(
    'these runs cannot be compared: expected runs on the same test images, got 40 and 40, 0 of them in both',
  );
  const gone = '01234567-89ab-7cde-8f01-000000000003';
  await expect(compareReports(deps(), { runs: [first, gone], cwd })).rejects.toThrow(
    `no run ${gone} with a report`,
  );
});
