import { execFileSync } from 'node:child_process';
import { readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type DatasetIndex,
  type EvaluatedSource,
  newPageSpec,
  type PageSpec,
  pageKind,
} from '@ddad/contract';
import { methods } from '@ddad/methods';
import type { NamedTensor } from '@ddad/storage/safetensors';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { datasetDigest, type MadeUp, MadeUpTasks, notedContext, scoresOf } from './made-up-task.testing.ts';
import { makePage } from './make-page.ts';

const side = 4;
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
const pixels = Uint8Array.from({ length: 5 * side * side }, (_, at) => at);

/** Maps whose pixels are all equal: the image's score. */
function maps(...values: number[]): NamedTensor {
  const data = Float32Array.from(values.flatMap((value) => new Array<number>(side * side).fill(value)));
  return { shape: [values.length, side, side], data };
}

let made: MadeUpTasks;
beforeEach(async () => {
  made = await MadeUpTasks.start();
});
afterEach(() => made.remove());

/** A run of ddad in the one-class mode, with two members. */
async function specOf(change: Partial<PageSpec> = {}): Promise<PageSpec> {
  const parsed = methods.parseRunInput({ dataset: 'small', k: 2, unlabeled: 0 });
  if ('faults' in parsed) throw new Error('expected a valid input');
  const method = methods.method(parsed.input.method);
  const found = [0.1, 0.2, 0.3, 0.4];
  const members = [
    await made.artifact('members', 'first', { weights: { a: scoresOf([1]) } }),
    await made.artifact('members', 'second', { weights: { a: scoresOf([2]) } }),
  ];
  const mapped = await made.artifact('maps', 'maps', {
    scores: {
      'rec.0': scoresOf(found),
      'rec.1': scoresOf(found),
      recEnsemble: scoresOf(found),
      aIntra: scoresOf(found),
    },
    maps: { recEnsemble: maps(...found), aIntra: maps(...found) },
  });
  const refiner = await made.artifact('refiners', 'intra', { weights: { a: scoresOf([3]) } });
  const refined = await made.artifact('refined', 'intra', {
    scores: { scores: scoresOf(found) },
    maps: { maps: maps(0, 0.25, 0.5, 1) },
  });
  const images = 'test' as const;
  const of = (score: string): EvaluatedSource => ({ ...mapped, images, score, tensor: score, map: score });
  const member = { role: 'ndm', seed: 5 };
  const separation = { auc: 1, ap: 1 };
  return newPageSpec({
    result: {
      runId: 'run-1',
      dataset: 'small',
      synthetic: true,
      method: method.name,
      ...method.facts(parsed.input),
      definitions: method.scores(parsed.input),
      seed: 0,
      members: members.map(({ key }, position) => ({
        ...member,
        key,
        index: position,
        trainer: 't-1',
        seconds: 1,
        loss: 0.25,
        reused: false,
      })),
      artifacts: { maps: mapped.key, rIntra: refiner.key, rDual: null },
      seconds: { plan: 0, train: 1, maps: 1, refine: 1, report: 0, total: 3 },
      scores: { rec: separation, recEnsemble: separation, aIntra: separation, rIntra: separation },
      files: { report: 'reports/run-1/report.json', page: null, scores: 'reports/run-1/scores.csv' },
    },
    input: parsed.input,
    heading: { title: method.title, run: method.describe(method.facts(parsed.input)) },
    roles: { ...method.roles },
    stages: ['train', 'maps', 'refine'],
    datasetDigest,
    selection: { unlabeled: 0 },
    trainsOnUnlabeled: false,
    artifacts: [
      ...members.map((artifact: MadeUp, position) => ({
        ...artifact,
        id: `member ndm ${position}`,
        member: { ...member, index: position },
      })),
      { ...mapped, id: 'maps', artifact: 'maps' },
      { ...refiner, id: 'refiner intra', artifact: 'rIntra' },
      { ...refined, id: 'refined intra' },
    ],
    sources: [
      { ...mapped, images, score: 'rec', tensor: 'rec.0', each: ['rec.0', 'rec.1'] },
      of('recEnsemble'),
      of('aIntra'),
      { ...refined, images, score: 'rIntra', tensor: 'scores', map: 'maps' },
    ],
    ...change,
  });
}

const taskOf = async (spec: PageSpec, of = index) => await made.task(pageKind, spec, of, { pixels });

async function pageOf(spec: PageSpec, of = index, context = notedContext()): Promise<string> {
  const result = await makePage(await taskOf(spec, of), context);
  if (result === null) throw new Error('expected it to be made');
  return await readFile(result.files.page!, 'utf8');
}

function json(page: string, id: string): unknown {
  return JSON.parse(new RegExp(`<script type="application/json" id="${id}">(.*)</script>`).exec(page)![1]!);
}

test('makes one page with the figures of the result, the test images and where all was made, and no names', async () => {
  const spec = await specOf();
  const page = await pageOf(spec);
  expect(json(page, 'report-json')).toEqual(JSON.parse(JSON.stringify(spec.result)));
  expect(json(page, 'page-data')).toMatchObject({
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
  const keys = spec.artifacts.map(({ key }) => key);
  for (const part of [datasetDigest, ...keys, 'Test Processor', 'members 7, maps 7', 'one-class mode'])
    expect(page).toContain(part);
  expect(page).not.toContain('name-of-');
});

test('has the outlines of masks that the dataset has, of the images that have one', async () => {
  const { abnormal } = index.test as Extract<typeof index.test, { labels: 'known' }>;
  const [first, second] = abnormal as [number, number];
  const masks = new Uint8Array(2 * side * side);
  masks[0] = 1;
  masks[side * side + side * side - 1] = 1;
  const masked = { ...index, masks: { digest: 'b'.repeat(64), images: [second, first] } };
  const task = await made.task(pageKind, await specOf(), masked, { pixels, masks });
  const result = await makePage(task, notedContext());
  const page = await readFile(result!.files.page!, 'utf8');
  const { cases } = json(page, 'page-data') as { cases: { number: number; outline?: string }[] };
  const outlines = Object.fromEntries(cases.map(({ number, outline }) => [number, outline]));
  const [end, before] = [side, side - 1];
  expect(outlines).toEqual({
    1: undefined,
    2: undefined,
    3: `M${before} ${before}h1M${before} ${end}h1M${before} ${before}v1M${end} ${before}v1`,
    4: 'M0 0h1M0 1h1M0 0v1M1 0v1',
  });
});

test('has what test images show, and the held-out scores that p-values follow from', async () => {
  const evaluation = await made.artifact('scored-evaluations', 'evaluation', { 'held-out': {} });
  const path = join(made.folder, 'scored-evaluations-evaluation-held-out');
  await writeFile(path, JSON.stringify({ rIntra: [0.25, 0.5] }));
  const pathologies = [
    { name: 'cyst', images: [0, 3, 4] },
    { name: 'only in training', images: [0] },
  ];
  const spec = await specOf({ evaluation: evaluation.key });
  const page = await pageOf(spec, { ...index, pathologies });
  const heldOut = Buffer.from(Float32Array.of(0.25, 0.5).buffer).toString('base64');
  expect(json(page, 'page-data')).toMatchObject({
    pathologies: [{ name: 'cyst', images: [2, 3] }],
    heldOut: { rIntra: heldOut },
  });
  expect(json(page, 'image-names')).toBeNull();
});

test('loads no TensorFlow', () => {
  // In a process of its own: this one may have loaded it for another test.
  const page = new URL('make-page.ts', import.meta.url);
  const program =
    `process.report.excludeNetwork = true; await import('${page}');` +
    'console.log(JSON.stringify(process.report.getReport().sharedObjects))';
  const said = execFileSync(process.execPath, ['--input-type=module', '--eval', program], {
    encoding: 'utf8',
  });
  const sharedObjects = JSON.parse(said) as string[];
  expect(sharedObjects.filter((path) => /sharp|libvips/.test(path)).length).toBeGreaterThan(0);
  expect(sharedObjects.filter((path) => /tensorflow|tfjs/.test(path))).toEqual([]);
});

test('tells how it goes by the maps that were read, and ends when it is told to', async () => {
  const context = notedContext();
  const spec = await specOf();
  await pageOf(spec, index, context);
  // Three scores' maps as a whole, and then one by one for four images.
  expect(context.steps).toBe(3 + 3 * 4);
  expect(context.told.at(-1)).toMatchObject({ done: 4, total: 4, loss: null });
  for (const steps of [0, 5]) expect(await makePage(await taskOf(spec), notedContext(steps))).toBeNull();
});

test('reads pixels of a dataset that no buffer holds', async () => {
  const spec = await specOf();
  const task = await taskOf(spec);
  // Without content it takes no space: 4 GiB.
  await truncate(task.pixels!, 2 ** 32);
  expect(await makePage(task, notedContext())).not.toBeNull();
});

test('a run without test images gets a page of its members', async () => {
  const spec = await specOf();
  const page = await pageOf(
    { ...spec, result: { ...spec.result, scores: null }, sources: [] },
    { ...index, test: { labels: 'none' } },
  );
  expect(page).toContain('id="members"');
  expect(page).not.toContain('id="gallery"');
});

test('says every map that is not there or of other images', async () => {
  const wrong = await made.artifact('maps', 'wrong', {
    scores: { rec: scoresOf([1, 2, 3, 4]), recEnsemble: scoresOf([1, 2, 3, 4]) },
    maps: { recEnsemble: maps(1, 2) },
  });
  const images = 'test' as const;
  const spec = await specOf({
    sources: [
      { ...wrong, images, score: 'rec', tensor: 'rec', map: 'rec' },
      { ...wrong, images, score: 'recEnsemble', tensor: 'recEnsemble', map: 'recEnsemble' },
    ],
  });
  await expect(makePage(await taskOf(spec), notedContext())).rejects.toMatchObject({
    kind: 'invalid',
    message:
      `maps ${wrong.key}: maps rec: expected shape [4, 4, 4], got tensors recEnsemble; ` +
      `maps ${wrong.key}: maps recEnsemble: expected shape [4, 4, 4], got [2, 4, 4]`,
  });
});

test('guesses no definitions of scores', async () => {
  const spec = await specOf();
  const { definitions: _definitions, ...result } = spec.result;
  const task = await taskOf({ ...spec, result } as PageSpec);
  await expect(makePage(task, notedContext())).rejects.toThrow(
    'result.definitions: expected those of its scores, got none',
  );
});

test('a damaged file of maps fails the page', async () => {
  const task = await taskOf(await specOf());
  const [files] = Object.values(task.inputs).flatMap(({ files: of }) => of.maps ?? []);
  await writeFile(files!, 'no maps');
  await expect(makePage(task, notedContext())).rejects.toThrow('safetensors: ');
});
