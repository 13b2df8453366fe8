import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RunProgress, type RunResult, seedOf, type WorkerEntry } from '@ddad/contract';
import { packDataset } from '@ddad/dataset';
import { connectNats, createLogger, watchWorkers } from '@ddad/platform';
import { readManifest } from '@ddad/storage';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { mapScores } from './map-scores.ts';
import { type RunCommands, runCommands } from './run-commands.ts';
import { type SmallDataset, smallDataset } from './small-dataset.ts';
import { startByTemporal, startTestCluster, type TestCluster } from './test-cluster.ts';

const input = { dataset: 'small', k: 2, epochs: 3, batchSize: 16, refiner: { epochs: 1 } };
/** Of MC Dropout, which has no spread over networks. */
const scoreNames = ['rec', ...['recEnsemble', 'aIntra', 'aInter', 'rIntra', 'rDual'].flatMap(mapScores)];

let cluster: TestCluster;
let dataset: SmallDataset;
let scratch: string;
let run: RunCommands['run'];
let addDataset: RunCommands['addDataset'];
let writeInput: RunCommands['writeInput'];
/** The run whose members the others find finished. */
let first: RunResult;

beforeAll(async () => {
  [cluster, dataset] = await Promise.all([startTestCluster(), smallDataset()]);
  scratch = await mkdtemp(join(tmpdir(), 'ddad-run-forms-'));
  ({ run, addDataset, writeInput } = runCommands(cluster, dataset, scratch));
  await addDataset('small');
  first = await run(input, '--out', join(scratch, 'out'));
}, 300_000);
afterAll(async () => {
  await cluster?.stop();
  await dataset?.remove();
  if (scratch !== undefined) await rm(scratch, { recursive: true, force: true });
});

test('a larger K trains only the members that are new', async () => {
  const before = await Promise.all(
    first.members.map(({ key }) => readManifest(cluster.store, 'members', key)),
  );
  const larger = await run({ ...input, k: 3, refiner: false });
  const fresh = larger.members.filter(({ reused }) => !reused);
  expect(fresh.map(({ role, index }) => `${role} ${index}`).sort()).toEqual(['ndm 2', 'udm 2']);
  expect(
    larger.members
      .filter(({ reused }) => reused)
      .map(({ key }) => key)
      .sort(),
  ).toEqual(first.members.map(({ key }) => key).sort());
  const after = await Promise.all(
    first.members.map(({ key }) => readManifest(cluster.store, 'members', key)),
  );
  expect(after).toEqual(before);
});

test('without unlabeled images a run has no UDM, and no score of one', async () => {
  await addDataset('one-class', { ...dataset.data, train: { '0': dataset.data.train['0'] } });
  const result = await run({ ...input, dataset: 'one-class' });
  expect(result.members.map(({ role }) => role)).toEqual(['ndm', 'ndm']);
  // The same normal images, seeds and settings: the same members, whatever the dataset is called.
  expect(result.members.every(({ reused }) => reused)).toBe(true);
  expect(result.members.map(({ key }) => key)).toEqual(
    first.members.filter(({ role }) => role === 'ndm').map(({ key }) => key),
  );
  expect(Object.keys(result.scores ?? {})).toEqual([
    'rec',
    ...['recEnsemble', 'aIntra', 'dsu', 'rIntra'].flatMap(mapScores),
  ]);
  expect(result.artifacts.rDual).toBeNull();
});

test('a flat list of unlabeled images trains a UDM; test images without labels get scores and no AUC', async () => {
  const { train, test: tested } = dataset.data;
  const flat = {
    train: { '0': train['0'], unlabeled: [...train.unlabeled['0'], ...train.unlabeled['1']] },
    test: [...tested['0'], ...tested['1']],
  };
  await addDataset('flat', flat);
  const out = join(scratch, 'flat');
  const result = await run({ ...input, dataset: 'flat' }, '--out', out);
  expect(result.scores).toBeNull();
  // The same images in the same order: nothing of this was new.
  expect(result.members.every(({ reused }) => reused)).toBe(true);
  const [, line] = (await readFile(join(out, 'scores.csv'), 'utf8')).split('\n');
  expect(line).toMatch(new RegExp(`^${tested['0'][0]},,0\\.\\d+`));

  const rate = await cluster.ddad(
    'run',
    '--dataset',
    'flat',
    '--input',
    await writeInput({ anomalousRate: 0.5 }),
  );
  expect(rate.code).not.toBe(0);
  expect(rate.stderr + rate.stdout).toMatch(/anomalousRate/);
});

test('MC Dropout trains one network per role and gives all six scores', async () => {
  await addDataset('small');
  const out = join(scratch, 'dropout');
  const settings = {
    ...input,
    k: undefined,
    uncertainty: 'dropout',
    dropout: { passes: 6, refinerPasses: 2 },
  };
  const result = await run(settings, '--out', out);
  expect(result).toMatchObject({ k: 1, dropout: { rate: 0.1, passes: 6, refinerPasses: 2 } });
  expect(result.members.map(({ role, index, reused }) => [role, index, reused]).sort()).toEqual([
    ['ndm', 0, false],
    ['udm', 0, false],
  ]);
  expect(Object.keys(result.scores ?? {}).sort()).toEqual([...scoreNames].sort());
  // The seeds are those of an ensemble's first members; the networks are not.
  expect(result.members.map(({ seed }) => seed)).toEqual(
    (['ndm', 'udm'] as const).map((role) => seedOf(0, role, 0)),
  );
  expect(await readFile(join(out, 'report.html'), 'utf8')).toContain('MC Dropout (6 passes, rate 0.1)');
  const manifest = await readManifest(cluster.store, 'maps', result.artifacts.maps ?? '');
  expect(manifest?.spec).toMatchObject({ dropout: { rate: 0.1, passes: 6 } });
});

test('a dataset without test images gives members and refiners, and thresholds from its validation images', async () => {
  const { train, test: tested } = dataset.data;
  await addDataset('no-test', { train, validation: { '0': tested['0'] } });
  const result = await run({ ...input, dataset: 'no-test' });
  expect(result.scores).toBeNull();
  expect(result.artifacts.maps).toBeNull();
  expect(await readManifest(cluster.store, 'refiners', result.artifacts.rIntra!)).not.toBeNull();

  expect(result.members.every(({ reused }) => reused)).toBe(true);
  // The benchmark has copies of test images among the training images: those are not held out.
  const packed = await packDataset(dataset.directory);
  if ('faults' in packed) throw new Error(packed.faults[0]?.message);
  const { copies, images, validation } = packed.index;
  const leaked = copies.filter((group) => group.some((position) => !validation.includes(position))).flat();
  const heldOut = new Set(
    validation.filter((position) => !leaked.includes(position)).map((at) => images[at]),
  );
  const { calibration, labelFree } = result;
  const unlabeled = train.unlabeled['0'].length + train.unlabeled['1'].length;
  expect(labelFree!.images).toEqual({ unlabeled, heldOut: heldOut.size });
  // The first run's members scored the same images as its normal test images.
  const [header, ...lines] = (await readFile(join(scratch, 'out', 'scores.csv'), 'utf8')).trim().split('\n');
  const rows = lines.map((line) => line.split(',')).filter(([image]) => heldOut.has(image!));
  for (const name of scoreNames) {
    const scores = rows.map((row) => Number(row[header!.split(',').indexOf(name)]));
    const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length;
    const { auc: labelFreeAuc, heldOutMean } = labelFree!.scores[name]!;
    expect(heldOutMean / mean).toBeCloseTo(1, 5);
    expect(labelFreeAuc).toBeGreaterThan(0);
    // At 5 % the threshold of 19 to 38 images is the largest score.
    const { threshold, sensitivity } = calibration!.thresholds![name]!;
    expect(threshold / Math.max(...scores)).toBeCloseTo(1, 5);
    expect(sensitivity).toBeNull();
  }
});

test("starts from Temporal's own command line with the same defaults, gives a new trainer work at once, and can be cancelled", async () => {
  const entries: WorkerEntry[][] = [];
  const { url, user, password } = cluster.servers.nats;
  const nats = await connectNats({ url, user, password, name: 'test' });
  let notify = () => {};
  const watch = await watchWorkers(
    nats,
    (list) => {
      entries.push(list);
      notify();
    },
    createLogger('test', 'error'),
  );
  /** Waits until the trainers' entries are as wanted. */
  const until = async (wanted: (list: WorkerEntry[]) => boolean) => {
    while (!wanted(watch.list())) await new Promise<void>((resolve) => (notify = resolve));
  };
  // No field but the dataset and a batch that fits it.
  const started = await startByTemporal(
    cluster.servers.temporal.address,
    'by-hand',
    ...['--input', '{"dataset":"small","batchSize":16}'],
  );
  expect(started.stderr + started.stdout).toContain('by-hand');
  await until((list) => list.filter(({ keys }) => keys.length > 0).length === 2);

  const handle = cluster.temporal.workflow.getHandle('by-hand');
  const progress = await handle.query<RunProgress>('progress');
  expect(progress.input).toMatchObject({
    dataset: 'small',
    backbone: 'aeu',
    k: 3,
    seed: 0,
    epochs: 250,
    learningRate: 5e-4,
    refiner: { recipe: 'steady', epochs: 40, batchSize: 8, learningRate: 1e-4, weightDecay: 1e-4 },
  });
  expect(progress.nodes.filter(({ member }) => member !== undefined)).toHaveLength(6);

  await cluster.addTrainer('three');
  await until((list) => list.find(({ id }) => id === 'three')?.keys.length === 1);

  const cancelled = await cluster.ddad('cancel', 'by-hand');
  expect(cancelled.stderr + cancelled.stdout).toMatch(/cancel/i);
  expect((await handle.describe()).status.name).toBe('CANCELLED');
  // Confirmed only once the trainers were idle again; checkpoints stay, for a run that wants the same members.
  await until((list) => list.every(({ keys }) => keys.length === 0));
  expect((await cluster.store.list('checkpoints/members/')).length).toBeGreaterThanOrEqual(1);
  await watch.close();
  await nats.close();
}, 120_000);
