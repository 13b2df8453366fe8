import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, parse, resolve } from 'node:path';
import { type RunProgress, type RunResult, taskQueue, workflowType } from '@ddad/contract';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type SmallDataset, smallDataset } from './small-dataset.ts';
import { startTestCluster, type TestCluster } from './test-cluster.ts';

/**
 * A method that nothing in the house knows: its two kinds, one needing the other, and its two scores, one with a map, lie in
 * test/own-method. A setting names it; all else is as for the methods that ship.
 */
const METHODS = resolve(import.meta.dirname, 'own-method/method.ts');

let cluster: TestCluster;
let images: SmallDataset;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ddad-own-method-'));
  [cluster, images] = await Promise.all([startTestCluster({ env: { METHODS } }), smallDataset()]);
});
afterAll(async () => {
  await cluster?.stop();
  await images?.remove();
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
});

/** A page's text, as a reader sees it. */
const textOf = (html: string) =>
  html.replace(/<(style|script)\b[^>]*>.*?<\/\1>/gs, '').replace(/<[^>]*>/g, ' ');

test('a method that only this test knows goes from input to report page', async () => {
  const added = await cluster.ddad('dataset', 'add', 'slices', images.directory);
  expect(added.code, added.stderr).toBe(0);
  const out = join(folder, 'out');
  const { code, stdout, stderr } = await cluster.ddad(
    ...['run', '--dataset', 'slices', '--method', 'mean-image', '--json', '--out', out],
  );
  expect(code, stderr).toBe(0);
  const result = JSON.parse(stdout) as RunResult;
  expect(result).toMatchObject({ method: 'mean-image', every: 1, members: [] });
  expect(Object.keys(result.scores ?? {})).toEqual([
    'distance',
    'distanceTop',
    'distancePeak',
    'distanceRelative',
    'distanceForeground',
    'brightness',
  ]);
  expect(Object.keys(result.seconds)).toEqual(['plan', 'learn', 'measure', 'report', 'total']);
  expect(Object.keys(result.artifacts)).toEqual(['distances']);

  const [header, ...lines] = (await readFile(join(out, 'scores.csv'), 'utf8')).trim().split('\n');
  expect(header).toBe(
    'image,label,distance,distanceTop,distancePeak,distanceRelative,distanceForeground,brightness',
  );
  expect(lines).toHaveLength(images.data.test['0'].length + images.data.test['1'].length);
  // AUC by counting pairs.
  const rows = lines.map((line) => line.split(',').slice(1).map(Number));
  const of = (label: number) => rows.filter((row) => row[0] === label).map((row) => row[1]!);
  const pairs: number[] = of(1).flatMap((high) =>
    of(0).map((low) => (high > low ? 1 : high === low ? 0.5 : 0)),
  );
  expect(pairs.length).toBe(900);
  const auc = pairs.reduce((sum, won) => sum + won, 0) / pairs.length;
  expect(result.scores?.distance?.auc).toBeCloseTo(auc, 12);

  const page = textOf(await readFile(join(out, 'report.html'), 'utf8'));
  expect(page).toContain('Distance from the mean normal image');
  expect(page).toContain('absolute difference from the mean normal image');
  expect(page).toContain('every 1');
  for (const word of ['NDM', 'UDM', 'ASR-Net', 'rDual', 'backbone']) expect(page).not.toContain(word);

  const handle = cluster.temporal.workflow.getHandle(await onlyRun());
  const { nodes } = await handle.query<RunProgress>('progress');
  expect(nodes.map(({ id, state }) => `${id}: ${state}`)).toEqual([
    'mean image: finished',
    'distances: finished',
    'highest pixels: finished',
    'evaluation: finished',
  ]);
});

async function onlyRun(): Promise<string> {
  for await (const { workflowId } of cluster.temporal.workflow.list({ pageSize: 1 })) return workflowId;
  throw new Error('expected a run, found none');
}

test('masks of the dataset change nothing but the evaluation: its figures of pixels, and outlines on the page', async () => {
  const masks = join(images.directory, 'masks');
  await mkdir(masks);
  const [first, second, ...rest] = images.data.test['1'];
  for (const name of [first!, second!]) {
    const { width, height } = await sharp(join(images.directory, 'images', name)).metadata();
    const pixels = new Uint8Array(width * height).fill(1, 0, (width * height) / 4);
    const raw = { width, height, channels: 1 as const };
    await sharp(pixels, { raw })
      .toColourspace('b-w')
      .png()
      .toFile(join(masks, `${parse(name).name}.png`));
  }
  const run = async (dataset: string) => {
    const out = join(folder, dataset);
    const { code, stdout, stderr } = await cluster.ddad(
      ...['run', '--dataset', dataset, '--method', 'mean-image', '--json', '--out', out],
    );
    expect(code, stderr).toBe(0);
    const page = await readFile(join(out, 'report.html'), 'utf8');
    return { result: JSON.parse(stdout) as RunResult, page };
  };
  const added = await cluster.ddad('dataset', 'add', 'masked', images.directory);
  expect(added.code, added.stderr).toBe(0);
  expect(added.stdout).toContain(`masks of 2 of ${images.data.test['1'].length} abnormal test images`);
  const [without, masked] = [await run('slices'), await run('masked')];
  const normal = images.data.test['0'].length;
  expect(masked.result.pixelTruth).toMatchObject({ images: { normal, masked: 2, withoutMask: rest.length } });
  expect(Object.keys(masked.result.pixelTruth?.scores ?? {})).toEqual(['distance']);
  expect(masked.result.scores).toEqual(without.result.scores);
  expect(without.result).not.toHaveProperty('pixelTruth');
  const keys = ({ result }: typeof masked) =>
    Object.fromEntries(result.nodes!.map(({ id, key }) => [id, key]));
  const { evaluation, ...others } = keys(masked);
  const { evaluation: before, ...same } = keys(without);
  expect(others).toEqual(same);
  expect(evaluation).not.toBe(before);

  expect(masked.page).toContain('id="pixel-truth"');
  expect(masked.page).toMatch(/"outline":"M0 0h64M0 16h64/);
  expect(without.page).not.toContain('id="pixel-truth"');
  for (const { page, result } of [without, masked]) {
    expect(textOf(page)).toMatch(/AUC without any network.*original size .*file format /);
    expect(page).toContain(result.datasetDigest);
  }
});

test('a field of another method is refused, with the methods there are', async () => {
  const handle = await cluster.temporal.workflow.start(workflowType, {
    taskQueue,
    workflowId: 'other-field',
    args: [{ dataset: 'slices', method: 'mean-image', refiner: false, unlabeled: 3 }],
  });
  const { cause } = (await handle.result().catch((error: unknown) => error)) as { cause: Error };
  expect(cause.message).toMatch(
    /^refiner: unknown field of method mean-image: it is one of ddad \(methods: ddad.*, mean-image\)$/m,
  );
  expect(cause.message).toMatch(/^unlabeled: expected none with method mean-image/m);
});
