import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, parse } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { auc, averagePrecision } from '@ddad/anomaly';
import type { RunProgress, RunResult } from '@ddad/contract';
import { dicomFile } from '@ddad/dataset/testing';
import { artifactKeysOf, artifactsUnderWay, parseReport } from '@ddad/runs';
import { decodeSafetensors, findLeftOvers, readDatasetRecord, readManifest } from '@ddad/storage';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { mapScores } from './map-scores.ts';
import { type RunCommands, runCommands } from './run-commands.ts';
import { type SmallDataset, smallDataset } from './small-dataset.ts';
import { startTestCluster, type TestCluster } from './test-cluster.ts';
import { type WhatLeaves, watchWhatLeaves } from './what-leaves.ts';

const small = { batchSize: 16, refiner: { epochs: 1 } };
const mapped = ['recEnsemble', 'aIntra', 'aInter', 'dsu', 'rIntra', 'rDual'];
const scoreNames = ['rec', ...mapped.flatMap(mapScores)];

let cluster: TestCluster;
let dataset: SmallDataset;
let scratch: string;
let leaves: WhatLeaves;
let run: RunCommands['run'];
let addDataset: RunCommands['addDataset'];
let writeInput: RunCommands['writeInput'];

beforeAll(async () => {
  [cluster, dataset] = await Promise.all([startTestCluster(), smallDataset()]);
  scratch = await mkdtemp(join(tmpdir(), 'ddad-train-ensemble-'));
  ({ run, addDataset, writeInput } = runCommands(cluster, dataset, scratch));
  leaves = await watchWhatLeaves(cluster);
});
afterAll(async () => {
  await leaves?.close();
  await cluster?.stop();
  await dataset?.remove();
  if (scratch !== undefined) await rm(scratch, { recursive: true, force: true });
});

const input = { dataset: 'small', k: 2, epochs: 3, ...small };
let first: RunResult;

test('trains 2 + 2 members, scores and refines the test images, and reports all scores', async () => {
  await addDataset('small');
  const out = join(scratch, 'out');
  first = await run(input, '--out', out);

  expect(first).toMatchObject({ dataset: 'small', backbone: 'aeu', k: 2, seed: 0 });
  expect(first.members.map(({ role, index }) => `${role} ${index}`).sort()).toEqual([
    'ndm 0',
    'ndm 1',
    'udm 0',
    'udm 1',
  ]);
  expect(new Set(first.members.map(({ seed }) => seed)).size).toBe(4);
  // Both trainers worked.
  expect(new Set(first.members.map(({ trainer }) => trainer))).toEqual(new Set(['one', 'two']));
  for (const member of first.members) {
    expect(member).toMatchObject({ reused: false });
    expect(member.seconds).toBeGreaterThan(0);
    expect(member.loss).toBeGreaterThan(0);
    const manifest = await readManifest(cluster.store, 'members', member.key);
    expect(manifest?.loss).toBe(member.loss);
    // Loss falls: three epochs of a network that learns.
    expect(manifest?.history?.[2]).toBeLessThan(manifest?.history?.[0] ?? 0);
  }
  // A finished member keeps no checkpoint.
  expect(await cluster.store.list('checkpoints/')).toEqual([]);

  expect(JSON.parse(await readFile(join(out, 'report.json'), 'utf8'))).toEqual(first);
  expect(await readFile(join(out, 'report.html'), 'utf8')).toContain(`"runId":"${first.runId}"`);
  const [header, ...lines] = (await readFile(join(out, 'scores.csv'), 'utf8')).trim().split('\n');
  expect(header).toBe(`image,label,${scoreNames.join(',')}`);
  const rows = lines.map((line) => line.split(','));
  expect(rows.map(([image]) => image)).toEqual([...dataset.data.test['0'], ...dataset.data.test['1']]);
  const labels = rows.map((row) => Number(row[1]));
  scoreNames.forEach((name, i) => {
    const scores = rows.map((row) => Number(row[2 + i]));
    expect(first.scores?.[name]?.auc).toBeCloseTo(auc(scores, labels), 12);
    expect(first.scores?.[name]?.ap).toBeCloseTo(averagePrecision(scores, labels), 12);
  });
});

test('of runs that are finished nothing is left over but artifacts that no report names: their pages', async () => {
  const later = { ...cluster.store, now: async () => new Date(Date.now() + 8 * 24 * 3600 * 1000) };
  const reports = (await cluster.store.list('reports/')).filter(({ key }) => key.endsWith('/report.json'));
  const named = new Set<string>();
  for (const { key } of reports) {
    for (const of of artifactKeysOf(parseReport(await cluster.store.get(key), key))) named.add(of);
  }
  const known = { ...(await artifactsUnderWay(cluster.temporal)), packings: null };
  expect(await findLeftOvers(later, { claims: async () => ({ ...known, named: null }) })).toEqual([]);
  const unwanted = await findLeftOvers(later, { claims: async () => ({ ...known, named }) });
  expect(new Set(unwanted.map(({ key }) => key.split('/')[0]))).toEqual(new Set(['scored-pages']));
  expect(new Set(unwanted.map(({ reason }) => reason))).toEqual(new Set(['unwanted']));
});

test('a run under way says which artifacts it wants, those that are finished among them', async () => {
  const handle = await cluster.temporal.workflow.start('trainEnsemble', {
    taskQueue: 'ddad',
    workflowId: 'under-way',
    args: [{ ...input, k: 3, epochs: 500 }],
  });
  try {
    let found = await artifactsUnderWay(cluster.temporal);
    while (found.underWay.size === 0 || found.unknown.length > 0) {
      await delay(100);
      found = await artifactsUnderWay(cluster.temporal);
    }
    const { nodes } = await handle.query<RunProgress>('progress');
    expect(nodes.filter(({ member }) => member !== undefined)).toHaveLength(6);
    expect(found.underWay).toEqual(new Set(nodes.map(({ key }) => key)));
    const record = await readDatasetRecord(cluster.store, input.dataset);
    expect(found.datasets).toEqual(new Set([record?.digest]));
  } finally {
    await handle.cancel();
    await handle.result().catch(() => {});
  }
  await expect
    .poll(() => artifactsUnderWay(cluster.temporal), { timeout: 20_000 })
    .toEqual({
      underWay: new Set(),
      datasets: new Set(),
      unknown: [],
    });
});

test('a bad input fails with every fault listed, before anything is trained', async () => {
  await addDataset('small');
  const objects = async () => (await cluster.store.list('')).map(({ key }) => key);
  const before = await objects();
  const bad = {
    dataset: 'small',
    k: 1,
    epochs: -2,
    batchSize: 500,
    colour: 'red',
    refiner: { epochs: 'ten' },
  };
  const handle = await cluster.temporal.workflow.start('trainEnsemble', {
    taskQueue: 'ddad',
    workflowId: 'bad-input',
    args: [bad],
  });
  const failure = await handle.result().then(
    () => 'it succeeded',
    (error: { cause?: { type?: string; message?: string } }) => error.cause,
  );
  expect(failure).toMatchObject({ type: 'InvalidInput' });
  const message = (failure as { message: string }).message;
  for (const part of [
    'k: ',
    'got 1',
    'epochs: ',
    'got -2',
    'batchSize: ',
    'colour: unknown field',
    'refiner.epochs: ',
  ]) {
    expect(message).toContain(part);
  }
  expect(await objects()).toEqual(before);

  for (const [fields, part] of [
    [{ dataset: 'nowhere' }, 'nowhere'],
    [{ dataset: 'small', unlabeled: 33 }, '16 normal and 16 abnormal'],
    [{ dataset: 'small', batchSize: 49 }, '48'],
  ] as const) {
    const path = await writeInput(fields);
    const { code, stdout, stderr } = await cluster.ddad('run', '--input', path, '--json');
    // The same code whether the command line finds the fault or the coordinator.
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toEqual({
      error: { message: expect.stringContaining(part), exitCode: 2 },
    });
    expect(stderr).toContain(part);
  }
  expect(await objects()).toEqual(before);
});

test('a finished member can be listed and exported', async () => {
  const listed = await cluster.ddad('members', '--json');
  const { key } = first.members[0]!;
  expect(listed.stdout).toContain(key);
  const file = join(scratch, 'member.safetensors');
  const exported = await cluster.ddad('export', key.slice(0, 12), file);
  expect(exported.code).toBe(0);
  const { tensors } = decodeSafetensors(await readFile(file));
  expect(tensors.get('encoder.0.weight')?.shape).toEqual([16, 1, 4, 4]);
  expect(tensors.get('linear_enc.0.weight')?.shape).toEqual([2048, 1024]);
});

/** What the headers of DICOM files say of people. */
const patients = { id: 'HIDDEN-ID', name: 'Hidden^Name' };

test('a dataset of DICOM files is trained on and scored', async () => {
  const images = join(scratch, 'dicom', 'images');
  await mkdir(images, { recursive: true });
  const side = 16;
  const write = async (name: string, at: number) => {
    const values = Array.from({ length: side * side }, (_, i) => (i * (at + 1) * 37) % 4096);
    const patient = { patient: `${patients.id}-${at}`, name: `${patients.name}-${at}` };
    await writeFile(join(images, `${name}.dcm`), dicomFile({ ...patient, columns: side, values }));
    return `${name}.dcm`;
  };
  const many = (part: string, count: number, from: number) =>
    Promise.all(Array.from({ length: count }, (_, i) => write(`scan-${part}-${i}`, from + i)));
  const data = {
    train: { '0': await many('train', 16, 0) },
    test: { '0': await many('normal', 2, 16), '1': await many('abnormal', 2, 18) },
  };
  await writeFile(join(scratch, 'dicom', 'data.json'), JSON.stringify(data));
  const added = await cluster.ddad('dataset', 'add', 'dicom', join(scratch, 'dicom'));
  expect(added.stderr).not.toContain('expected');
  expect(added.code).toBe(0);
  const result = await run({ dataset: 'dicom', k: 2, epochs: 1, ...small, refiner: false });
  expect(Object.keys(result.scores ?? {})).toEqual(
    scoreNames.filter((name) => /^(rec|aIntra|dsu)/.test(name)),
  );
});

test('nothing that leaves the services names an image or a patient: no log, no payload of Temporal, no message of NATS', async () => {
  const { train, test: tested } = dataset.data;
  const files = [
    ...train['0'],
    ...train.unlabeled['0'],
    ...train.unlabeled['1'],
    ...tested['0'],
    ...tested['1'],
  ];
  // Without the ending, which somebody might have cut off.
  const names = [
    ...files.map((file) => parse(file).name),
    dataset.directory,
    'scan-',
    ...Object.values(patients),
  ];
  const places = await leaves.collect();
  for (const [place, texts] of Object.entries(places)) {
    const all = texts.join('\n');
    expect(
      names.filter((name) => all.includes(name)),
      place,
    ).toEqual([]);
  }

  // It looked where the data is: keys of members and figures travel, by all ways but the logs of the servers.
  const { key } = first.members[0]!;
  for (const place of ['logs', 'nats', 'histories', 'shown'] as const) {
    expect(
      places[place].some((text) => text.includes(key)),
      place,
    ).toBe(true);
  }
  expect(places.nats.some((text) => text.startsWith('$KV.ddad-workers.'))).toBe(true);
  expect(places.heartbeats.some((text) => text.includes('imagesPerSecond'))).toBe(true);
  expect(places.shown.some((text) => /^\| .* \|/m.test(text))).toBe(true);
});
