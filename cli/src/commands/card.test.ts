import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunResult } from '@ddad/contract';
import { methods } from '@ddad/methods';
import { marked, type Tokens } from 'marked';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { inventedMethods, inventedResult } from '../invented-method.testing.ts';
import { recordedScreens } from '../screens-for-tests.ts';
import { writeCard } from './card.ts';

let cwd: string;
let screens: ReturnType<typeof recordedScreens>;
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'ddad-card-'));
  screens = recordedScreens();
});
afterEach(() => rm(cwd, { recursive: true }));

const key = (letter: string) => letter.repeat(64);
const interval = (low: number, high: number) => ({ low, high });
const fused = {
  auc: 0.893,
  ap: 0.9,
  aucInterval: interval(0.82, 0.95),
  apInterval: interval(0.85, 0.94),
  sensitivityAt: [{ at: 0.9, value: 0.7, low: 0.5, high: 0.8 }],
};
const input = { dataset: 'brain', method: 'distillation', k: 3, seed: 7, student: { layers: 2, width: 8 } };

/** All that a result may tell. */
const full = inventedResult({
  runId: 'a-run',
  seed: 7,
  datasetDigest: key('d'),
  deviations: ['64 px in place of 256'],
  input,
  data: {
    normal: { images: 100, abnormal: 0, patients: 40 },
    unlabeled: { images: 50, patients: 20 },
    heldOut: { images: 0, patients: 0 },
    test: { images: 109, abnormal: 51, patients: 60 },
    trainsOnUnlabeled: true,
  },
  members: [
    {
      role: 'student',
      index: 0,
      seed: 11,
      divergedSeed: 10,
      key: key('a'),
      trainer: 't',
      seconds: 1,
      loss: 0,
      reused: false,
    },
  ],
  scores: { near: { auc: 0.4, ap: 0.5 }, fused },
  intervals: { confidence: 0.95, resamples: 2000, by: 'patient', units: 60 },
  pathologies: {
    normals: 58,
    each: [
      { name: 'mass | *big*', images: 51, unlabeled: 3, seen: true, scores: { fused } },
      { name: 'scar', images: 0, unlabeled: 0, seen: false, scores: null },
    ],
    byRun: {
      seen: { pathologies: ['mass | *big*'], images: 51, scores: { fused } },
      unseen: { pathologies: ['scar'], images: 0, scores: null },
      neither: 0,
    },
    byPool: {
      seen: { pathologies: [], images: 0, scores: null },
      unseen: { pathologies: [], images: 0, scores: null },
      neither: 0,
    },
    unnamed: 0,
  },
  calibration: {
    images: 30,
    falsePositiveRate: 0.05,
    thresholds: { fused: { threshold: 1.25, sensitivity: 0.7, specificity: 0.9 } },
  },
  nodes: [
    {
      id: 'generator',
      kind: 'trained-nets',
      key: key('f'),
      unit: 'epoch',
      divergedSeed: 3,
      seed: 9,
    },
    { id: 'evaluation', kind: 'scored-evaluations', key: key('e'), unit: 'image' },
  ],
});

async function card(result: RunResult): Promise<string> {
  await writeCard({ screens, methods: inventedMethods, result: async () => result }, { run: 'a-run', cwd });
  return screens.out.text();
}

/** Tables by the heading above them, cells as text. */
function tablesOf(markdown: string): Record<string, string[][]> {
  const found: Record<string, string[][]> = {};
  let heading = '';
  for (const token of marked.lexer(markdown)) {
    if (token.type === 'heading') heading = token.text as string;
    if (token.type !== 'table') continue;
    const { header, rows } = token as Tokens.Table;
    for (const row of rows) expect(row).toHaveLength(header.length);
    found[heading] = rows.map((row) => row.map(({ tokens }) => plain(tokens)));
  }
  return found;
}

/** What a reader sees. */
function plain(tokens: readonly { type: string; raw: string }[]): string {
  return tokens
    .map((token) =>
      'tokens' in token
        ? plain(token.tokens as Tokens.Generic[])
        : 'text' in token
          ? String(token.text)
          : token.raw,
    )
    .join('');
}

test('tells data, settings, seeds, scores with intervals, subgroups, thresholds and what was not tested', async () => {
  const text = await card(full);
  const tables = tablesOf(text);
  expect(tables.Data).toEqual([
    ['normal, trained on', '100', '0', '40'],
    ['unlabeled, trained on', '50', 'not known', '20'],
    ['normal, held out for thresholds', '0', '', ''],
    ['test', '109', '51', '60'],
  ]);
  expect(text).toContain('Run `a-run`: method distillation, 3 students, seed 7. It gives');
  expect(text).toContain(key('d'));
  expect(tables['Settings and seeds']).toEqual([['student 0', '11 (10 diverged)', 'aaaaaaaaaaaa']]);
  expect(text).toContain('- generator diverged with seed 3 and was trained with seed 9 instead.');
  const json = /```json\n([\s\S]*?)\n```/.exec(text)![1]!;
  expect(JSON.parse(json)).toEqual(input);
  expect(tables.Scores!.map((row) => row.slice(0, 4))).toEqual([
    ['near', '40.0', '50.0', ''],
    ['fused', '89.3 (82.0 to 95.0)', '90.0 (85.0 to 94.0)', '90: 70.0 (50.0 to 80.0)'],
  ]);
  expect(text).toContain('95 % intervals, 2000 bootstrap resamples of 60 patients.');
  // Hanley and McNeil's own example: 51 abnormal and 58 normal images, standard error 0.0325.
  expect(tables['By pathology']).toEqual([
    ['mass | *big*', '51', 'yes', '89.3 (82.9 to 95.7)', '90.0'],
    ['scar', '0', 'no', '', ''],
  ]);
  expect(tables.Thresholds).toEqual([['fused', '1.25', '70.0', '90.0']]);
  expect(text).toContain('- Inverted. near: ');
  expect(text).toContain('- Differs from its source: 64 px in place of 256');
  expect(text).toContain('- Pathologies that no abnormal test image shows: scar.');
  expect(text).toContain('- Where in an image something is: no masks were compared with maps.');
  expect(text).not.toContain('Patients: the dataset does not know them');
  expect(tables.Artifacts).toEqual([
    ['generator', 'trained-nets', 'ffffffffffff'],
    ['evaluation', 'scored-evaluations', 'eeeeeeeeeeee'],
  ]);
});

test('names a method once that nobody knows any more', async () => {
  await writeCard(
    { screens, methods: inventedMethods, result: async () => ({ ...full, method: 'gone' }) },
    { run: 'a-run', cwd },
  );
  expect(screens.out.text()).toContain('Run `a-run`: method gone, seed 7. It gives');
});

test('says of an older result, and of one without labels, what is not known and what was not tested', async () => {
  const text = await card(inventedResult({ scores: null, synthetic: true }));
  for (const expected of [
    'The result is of a version before it told how many images it was made of.',
    'The result is of a version before it held its input.',
    '- Whether it finds anything: the test images have no labels, or there are none.',
    '- Real images: those of the dataset were made by a generator.',
    '- A threshold: no normal images were held out, or too few.',
  ])
    expect(text).toContain(expected);
});

test.each([
  ['trained on', { trainsOnUnlabeled: true }, 0, 'distillation'],
  ['scored for label-free figures', { trainsOnUnlabeled: false }, 5, 'distillation'],
  ['not used', { trainsOnUnlabeled: false }, 0, 'distillation'],
  // Of a version before it was told, by the method.
  ['trained on', {}, 5, 'ddad'],
  ['scored for label-free figures', {}, 5, 'cutpaste'],
])('says of unlabeled images: %s', async (use, told, heldOut, method) => {
  const { trainsOnUnlabeled: _, ...before } = full.data!;
  const data = { ...before, ...told, heldOut: { images: heldOut } };
  await writeCard(
    { screens, methods, result: async () => ({ ...full, method, data }) },
    { run: 'a-run', cwd },
  );
  expect(tablesOf(screens.out.text()).Data![1]).toEqual([`unlabeled, ${use}`, '50', 'not known', '20']);
});

test('the same facts as one JSON object', async () => {
  const deps = { screens, methods: inventedMethods, result: async () => full };
  const { scores, subgroups, notTested, seeds } = await writeCard(deps, { run: 'a-run', cwd });
  expect(scores![1]).toMatchObject({ name: 'fused', auc: 0.893, aucInterval: { low: 0.82, high: 0.95 } });
  expect(subgroups[0]).toMatchObject({ name: 'mass | *big*', images: 51, seen: true });
  expect(seeds).toEqual({
    run: 7,
    members: [{ role: 'student', index: 0, seed: 11, divergedSeed: 10, key: key('a') }],
    diverged: ['generator diverged with seed 3 and was trained with seed 9 instead'],
  });
  expect(notTested.length).toBeGreaterThan(4);
});

test('a report.json is enough, without any cluster', async () => {
  await writeFile(join(cwd, 'report.json'), JSON.stringify(full));
  const deps = {
    screens,
    methods: inventedMethods,
    result: () => Promise.reject(new Error('no cluster')),
  };
  await writeCard(deps, { run: 'report.json', out: 'card.md', cwd });
  expect(screens.out.text()).toBe(`${join(cwd, 'card.md')}\n`);
  expect(tablesOf(await readFile(join(cwd, 'card.md'), 'utf8')).Thresholds).toHaveLength(1);
  await expect(writeCard(deps, { run: 'missing.json', cwd })).rejects.toThrow(
    "missing.json: expected a run's report.json, got ENOENT",
  );
  await writeFile(join(cwd, 'other.json'), '{}');
  await expect(writeCard(deps, { run: 'other.json', cwd })).rejects.toThrow(
    "other.json: expected a run's result",
  );
});
