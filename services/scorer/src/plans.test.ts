import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { backbones, recipes } from '@ddad/contract';
import type { DatasetCache } from '@ddad/jobs';
import {
  JobError,
  KCurveRequest,
  MapRequest,
  type MapSpec,
  RefineRequest,
  type RefinerSpec,
} from '@ddad/rpc';
import { type ArtifactKind, artifactKey, type ObjectStore, publishArtifact } from '@ddad/storage';
import { memoryStore } from '@ddad/storage/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { kCurvePlan, mapPlan, type PlanDeps, refinePlan } from './plans.ts';
import type { ApplyTask, KCurveTask, MapTask, RefineTask } from './tasks.ts';

const digest = 'a'.repeat(64);
const memberKeys = ['n0', 'n1', 'u0', 'u1'].map((member) => artifactKey({ member }));
const [ndm, udm] = [memberKeys.slice(0, 2), memberKeys.slice(2)];

const maps: MapSpec = { recipe: recipes.maps, backbone: 'ae', ndm, udm, imagesDigest: digest, imageSize: 64 };
const refiner: RefinerSpec = {
  recipe: recipes.refiner,
  backbone: 'ae',
  input: 'dual',
  ndm,
  udm,
  seed: 7,
  epochs: 100,
  batchSize: 2,
  learningRate: 1e-4,
  weightDecay: 1e-4,
  imagesDigest: digest,
  imageSize: 64,
};

let store: ObjectStore;
let deps: PlanDeps;
let folder: string;

beforeEach(async () => {
  store = memoryStore();
  const cache = { pixels: async (of: string) => `/scratch/${of}.u8` } as DatasetCache;
  deps = { store, cache, threads: 2, stepsACall: 4 };
  folder = await mkdtemp(join(tmpdir(), 'ddad-plans-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

function mapRequest(change: Partial<MapSpec> = {}, others: Partial<MapRequest> = {}): MapRequest {
  const spec = { ...maps, ...change };
  return MapRequest.create({
    job: { key: artifactKey(spec), attempt: 1 },
    datasetDigest: digest,
    images: [5, 6],
    maps: spec,
    ...others,
  });
}

/** Without maps to refine unless `mapsKey` is given. */
function refineRequest(
  change: Partial<RefinerSpec> = {},
  others: Partial<RefineRequest> = {},
): RefineRequest {
  const spec = { ...refiner, ...change };
  const numbers = [spec.learningRate, spec.weightDecay, spec.dropout?.rate ?? 0];
  const key = numbers.every(Number.isFinite) ? artifactKey(spec) : digest;
  return RefineRequest.create({
    job: { key, attempt: 1 },
    datasetDigest: digest,
    images: [0, 1, 2],
    refiner: spec,
    refinedKey: others.mapsKey === undefined ? '' : artifactKey({ maps: others.mapsKey, refiner: key }),
    ...others,
  });
}

function faults(plan: () => unknown): string[] {
  try {
    plan();
  } catch (error) {
    if (error instanceof JobError && error.kind === 'invalid') return error.message.split('; ');
    throw error;
  }
  return [];
}

async function publish(kind: ArtifactKind, spec: object, name: string, content: string): Promise<void> {
  const path = join(folder, 'published');
  await writeFile(path, content);
  await publishArtifact(store, {
    kind,
    key: artifactKey(spec),
    spec,
    files: { [name]: path },
    loss: null,
    seconds: 1,
    worker: 'tester',
    environment: {},
  });
}

const publishMembers = async () => {
  for (const member of ['n0', 'n1', 'u0', 'u1']) await publish('members', { member }, 'weights', member);
};

test('a map plan fetches the members by index', async () => {
  await publishMembers();
  const plan = mapPlan(mapRequest(), deps);
  expect(plan).toMatchObject({ kind: 'maps', key: artifactKey(maps), spec: maps });
  const task = (await plan.prepare(folder, null)) as MapTask;
  expect(task).toMatchObject({ type: 'map', pixels: `/scratch/${digest}.u8`, images: [5, 6], threads: 2 });
  const read = (paths: string[]) => Promise.all(paths.map((path) => readFile(path, 'utf8')));
  expect(await read(task.members.ndm)).toEqual(['n0', 'n1']);
  expect(await read(task.members.udm)).toEqual(['u0', 'u1']);
});

test('a missing member is named, and no fault of the request: it may be about to be made again', async () => {
  const failure = await mapPlan(mapRequest(), deps)
    .prepare(folder, null)
    .catch((error: unknown) => error);
  expect(failure).not.toBeInstanceOf(JobError);
  expect(failure).toMatchObject({
    message: `members ${ndm[0]}: expected it to be finished, found no manifest`,
  });
});

test('a refine plan trains from a checkpoint and then refines the maps', async () => {
  await publishMembers();
  await publish('maps', { some: 'maps' }, 'maps', 'the maps');
  await publish('refiners', refiner, 'weights', 'the refiner');
  const mapsKey = artifactKey({ some: 'maps' });
  const plan = refinePlan(refineRequest({}, { mapsKey }), deps);
  const task = (await plan.prepare(folder, '/resume')) as RefineTask;
  expect(task).toMatchObject({ type: 'refine', spec: refiner, images: [0, 1, 2], checkpoint: '/resume' });
  // Of the setting, which has no part in the key.
  expect(task.stepsACall).toBe(4);

  const spec = { maps: mapsKey, refiner: artifactKey(refiner) };
  expect(plan.next).toMatchObject([{ kind: 'refined', key: artifactKey(spec), spec }]);
  const next = (await plan.next?.[0]?.prepare(folder, null)) as ApplyTask;
  expect(next).toMatchObject({ type: 'apply', input: 'dual', imageSize: 64 });
  expect(await readFile(next.refiner, 'utf8')).toBe('the refiner');
  expect(await readFile(next.maps, 'utf8')).toBe('the maps');
});

test('a refine plan refines further maps with the same refiner', () => {
  const refined = (mapsKey: string) => artifactKey({ maps: mapsKey, refiner: artifactKey(refiner) });
  const [first, second] = [artifactKey({ some: 'maps' }), artifactKey({ other: 'maps' })];
  const further = [{ mapsKey: second, refinedKey: refined(second) }];
  const keysOf = (request: RefineRequest) => refinePlan(request, deps).next?.map(({ key }) => key);
  expect(keysOf(refineRequest({}, { mapsKey: first, further }))).toEqual([refined(first), refined(second)]);
  expect(keysOf(refineRequest({}, { further }))).toEqual([refined(second)]);
  const wrong = [{ mapsKey: 'x', refinedKey: refined(second) }];
  expect(faults(() => refinePlan(refineRequest({}, { further: wrong }), deps))).toEqual([
    'maps key: expected 64 hexadecimal digits, got "x"',
    expect.stringMatching(/^refined key: expected the specification's own, /),
  ]);
});

test('without test images there is nothing to refine, and without UDM there are no members of it', async () => {
  const plan = refinePlan(refineRequest({ input: 'intra', udm: [] }), deps);
  expect(plan.next).toEqual([]);
  await publishMembers();
  expect(((await plan.prepare(folder, null)) as RefineTask).members.udm).toEqual([]);
});

test('lists every fault of a map request', () => {
  const wrong = mapRequest(
    {
      recipe: 99,
      backbone: 'resnet',
      ndm: ['../x'],
      udm: ['y'],
      imagesDigest: '',
      imageSize: 32,
    },
    { job: { key: digest, attempt: 1 }, images: [], datasetDigest: '..' },
  );
  expect(faults(() => mapPlan(wrong, deps))).toEqual([
    `recipe: expected this scorer's, ${recipes.maps}, got 99`,
    `backbone: expected ${backbones.join(', ')}, got "resnet"`,
    'ndm: expected at least 2 members, got 1',
    'ndm 0: expected 64 hexadecimal digits, got "../x"',
    'udm 0: expected 64 hexadecimal digits, got "y"',
    'image size: expected 64, 128, got 32',
    'images digest: expected 64 hexadecimal digits, got ""',
    'dataset digest: expected 64 hexadecimal digits, got ".."',
    'images: expected at least 1, got none',
    expect.stringMatching(/^key: expected the specification's own, [0-9a-f]{64}, got "a{64}"$/),
  ]);
  expect(faults(() => mapPlan(MapRequest.create({}), deps))).toEqual([
    'expected a job header and a map specification',
  ]);
});

test('a refiner tells its precision where it is not the default, in the key too', () => {
  const plan = refinePlan(refineRequest({ precision: 'bfloat16' }), deps);
  expect(plan.spec).toEqual({ ...refiner, precision: 'bfloat16' });
  expect(plan.key).not.toBe(artifactKey(refiner));
  expect(faults(() => refinePlan(refineRequest({ precision: 'half' }), deps))).toEqual([
    'precision: expected "bfloat16" or none, got "half"',
    expect.stringMatching(/^key: expected the specification's own/),
  ]);
});

test('lists every fault of a refine request', () => {
  const wrong = refineRequest(
    {
      recipe: 99,
      backbone: 'resnet',
      input: 'both',
      seed: 2 ** 48,
      epochs: 0,
      batchSize: 0,
      learningRate: 2,
      weightDecay: -1,
      imageSize: 32,
    },
    { job: { key: digest, attempt: 1 }, images: [4], mapsKey: 'm', refinedKey: 'r' },
  );
  expect(faults(() => refinePlan(wrong, deps))).toEqual([
    `recipe: expected this scorer's, ${recipes.refiner}, got 99`,
    `backbone: expected ${backbones.join(', ')}, got "resnet"`,
    'image size: expected 64, 128, got 32',
    'input: expected dual or intra, got "both"',
    'seed: expected less than 2^48, got 281474976710656',
    'epochs: expected at least 1, got 0',
    'batch size: expected at least 1, got 0',
    'images: expected at least 2 (a batch), got 1',
    'learning rate: expected more than 0 and at most 1, got 2',
    'weight decay: expected 0 to 1, got -1',
    expect.stringMatching(/^key: expected the specification's own, [0-9a-f]{64}, got "a{64}"$/),
    'maps key: expected 64 hexadecimal digits, got "m"',
    expect.stringMatching(/^refined key: expected the specification's own, [0-9a-f]{64}, got "r"$/),
  ]);
  expect(faults(() => refinePlan(RefineRequest.create({}), deps))).toEqual([
    'expected a job header and a refiner specification',
  ]);
});

test('members of the UDM belong to input dual, and to it alone', () => {
  expect(faults(() => refinePlan(refineRequest({ udm: [] }), deps))).toEqual([
    'udm: expected members for input dual, got none',
  ]);
  expect(faults(() => refinePlan(refineRequest({ input: 'intra' }), deps))).toEqual([
    'udm: expected no members for input intra, got 2',
  ]);
});

test('refuses numbers that are none, and refined maps without maps', () => {
  const [learningRate, weightDecay] = [Number.NaN, Number.POSITIVE_INFINITY];
  expect(faults(() => refinePlan(refineRequest({ learningRate, weightDecay }), deps))).toEqual([
    'learning rate: expected more than 0 and at most 1, got NaN',
    'weight decay: expected 0 to 1, got Infinity',
  ]);
  expect(faults(() => refinePlan(refineRequest({}, { refinedKey: digest }), deps))).toEqual([
    `refined key: expected none without maps, got "${digest}"`,
  ]);
});

const dropout = { rate: 0.1, passes: 16, seed: 7 };
const single = { ndm: ndm.slice(0, 1), udm: udm.slice(0, 1), dropout };

test('MC Dropout takes one member per role, and is part of the specification', () => {
  const decoded = MapRequest.decode(MapRequest.encode(mapRequest(single)).finish());
  expect(mapPlan(decoded, deps).spec).toEqual({ ...maps, ...single });
  const refine = RefineRequest.decode(RefineRequest.encode(refineRequest(single)).finish());
  expect(refinePlan(refine, deps).spec).toEqual({ ...refiner, ...single });
  // Nothing of it in an ensemble's, whose keys would change.
  const plain = MapRequest.decode(MapRequest.encode(mapRequest()).finish());
  expect(mapPlan(plain, deps).spec).toEqual(maps);
  expect(Object.keys(mapPlan(plain, deps).spec)).not.toContain('dropout');
});

test('lists every fault of MC Dropout', () => {
  const wrong = { dropout: { rate: 0, passes: 4097, seed: 2 ** 48 } };
  expect(faults(() => mapPlan(mapRequest(wrong), deps))).toEqual([
    'ndm: expected 1 member with dropout, got 2',
    'udm: expected at most 1 member with dropout, got 2',
    'dropout rate: expected more than 0 and at most 0.9, got 0',
    'passes: expected 2 to 4096, got 4097',
    'dropout seed: expected less than 2^48, got 281474976710656',
  ]);
  // All passes of ASR-Net's training are made at once.
  const many = { ...single, dropout: { ...dropout, passes: 257 } };
  expect(faults(() => refinePlan(refineRequest(many), deps))).toEqual(['passes: expected 2 to 256, got 257']);
  const none = { ...single, dropout: { ...dropout, rate: Number.NaN } };
  expect(faults(() => refinePlan(refineRequest(none), deps))).toEqual([
    'dropout rate: expected more than 0 and at most 0.9, got NaN',
  ]);
});

test('a K-curve plan fetches the members of both roles, which go in pairs', async () => {
  await publishMembers();
  const spec = { ...maps, recipe: recipes.kCurve, subsets: 100 };
  const request = (change: object, key?: string) => {
    const kCurve = { ...spec, ...change };
    return KCurveRequest.create({
      job: { key: key ?? artifactKey(kCurve), attempt: 1 },
      datasetDigest: digest,
      images: [5, 6],
      kCurve,
    });
  };
  const plan = kCurvePlan(request({}), deps);
  expect(plan).toMatchObject({ kind: 'kcurves', key: artifactKey(spec), spec });
  const task = (await plan.prepare(folder, null)) as KCurveTask;
  expect(task).toMatchObject({ type: 'k-curve', images: [5, 6], spec: { subsets: 100 } });
  expect([task.members.ndm, task.members.udm].map((paths) => paths.length)).toEqual([2, 2]);
  // Not the key of the maps of the same members.
  expect(plan.key).not.toBe(artifactKey(maps));

  expect(faults(() => kCurvePlan(request({ udm: [] }), deps))).toEqual([]);
  expect(faults(() => kCurvePlan(request({ udm: udm.slice(1), subsets: 0 }, digest), deps))).toEqual([
    'udm: expected as many members as ndm, 2, or none, got 1',
    'subsets: expected 1 to 1000, got 0',
    expect.stringMatching(/^key: expected the specification's own, /),
  ]);
});
