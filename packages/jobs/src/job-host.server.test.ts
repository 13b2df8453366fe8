import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger, Registry } from '@ddad/platform';
import {
  type ArtifactKind,
  artifactKey,
  createS3Store,
  listCheckpoints,
  type ObjectStore,
  publishArtifact,
  readManifest,
  StoreError,
  saveCheckpoint,
} from '@ddad/storage';
import { memoryStore, type RunningStore, startMinio } from '@ddad/storage/testing';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { type TestCaller, testCaller } from './caller.testing.ts';
import { writeCheckpointFile } from './checkpoint-file.ts';
import type { ArtifactPlan } from './job.ts';
import { JobHost, type JobHostOptions } from './job-host.ts';
import { jobMetrics } from './job-metrics.ts';
import type { TestTask } from './job-process.testing.ts';
import { isGone, kill } from './processes.testing.ts';

// Dozens of processes are started here, on machines that may be busy.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

let minio: RunningStore;
let store: ObjectStore;
let scratch: string;
let traces: string;
let hosts: JobHost[] = [];
/** Keeps specifications apart, and with them keys. */
let number = 0;
let attempt = 0;

beforeAll(async () => {
  minio = await startMinio();
  store = createS3Store(minio.config);
});
afterAll(async () => {
  await minio?.close();
});

beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'ddad-jobs-'));
  traces = await mkdtemp(join(tmpdir(), 'ddad-traces-'));
});
afterEach(async () => {
  await Promise.all(hosts.map((host) => host.close()));
  hosts = [];
  // Whatever happened to a job, its directory goes and its process is gone.
  expect(readdirSync(scratch)).toEqual([]);
  for (const trace of readdirSync(traces)) {
    for (const pid of processesOf(join(traces, trace))) expect(isGone(pid)).toBe(true);
  }
  await rm(scratch, { recursive: true });
  await rm(traces, { recursive: true });
});

function startHost(options: Partial<JobHostOptions> = {}): JobHost {
  const host = new JobHost({
    slots: 1,
    worker: 'tester',
    store,
    scratch,
    childEntry: new URL('./job-process.testing.ts', import.meta.url),
    childEnvironment: {},
    logger: createLogger('test', 'silent'),
    ...options,
    limits: { checkpointMs: 3_600_000, ...options.limits },
  });
  hosts.push(host);
  return host;
}

interface TestPlan extends ArtifactPlan {
  trace: string;
}

/** A plan of its own key; without changes, 4 epochs of two short steps. */
function plan(change: Partial<TestTask> = {}, kind: ArtifactKind = 'members'): TestPlan {
  number += 1;
  const spec = { number };
  const key = artifactKey(spec);
  const trace = join(traces, key);
  return {
    kind,
    key,
    spec,
    trace,
    prepare: async (directory, checkpoint): Promise<TestTask> => ({
      trace,
      directory,
      checkpoint,
      epochs: 4,
      stepMs: 1,
      dieBefore: null,
      deaf: false,
      diverge: false,
      ...change,
    }),
  };
}

/** The same work without haste: it lasts until it is stopped. */
const long = (change: Partial<TestTask> = {}) => plan({ epochs: 100_000, stepMs: 5, ...change });

function call(host: JobHost, job: ArtifactPlan, as = ++attempt): TestCaller {
  const caller = testCaller();
  host.serve({ key: job.key, attempt: as }, job, caller);
  return caller;
}

const lines = (trace: string) => readFileSync(trace, 'utf8').trim().split('\n');
const processesOf = (trace: string) =>
  lines(trace)
    .filter((line) => line.startsWith('pid '))
    .map((line) => Number(line.slice(4)));
const stepsOf = (trace: string) => lines(trace).filter((line) => line.includes('/'));
const checkpointsOf = async ({ kind, key }: ArtifactPlan) =>
  (await listCheckpoints(store, kind, key)).map(({ done }) => done);
const weightsOf = async ({ kind, key }: ArtifactPlan) =>
  (await readManifest(store, kind, key))?.files.weights?.sha256;

let calm: Promise<string | undefined> | undefined;

/** Digest of what an undisturbed training of 4 epochs makes. */
function undisturbed(): Promise<string | undefined> {
  calm ??= (async () => {
    const job = plan();
    await call(startHost(), job).ended;
    return weightsOf(job);
  })();
  return calm;
}

test('gives whoever follows a job signs of life, whatever it is at, until it ends', async () => {
  const host = startHost({ aliveMs: 20 });
  const job = plan();
  const { promise: ready, resolve: goOn } = Promise.withResolvers<void>();
  const slow: ArtifactPlan = {
    ...job,
    async prepare(directory, checkpoint) {
      await ready;
      return job.prepare(directory, checkpoint);
    },
  };
  const signs = ({ events }: TestCaller) => events.filter(({ $case }) => $case === 'alive').length;
  const first = call(host, slow);
  await expect.poll(() => signs(first)).toBeGreaterThanOrEqual(3);
  expect(first.events.filter(({ $case }) => $case === 'progress')).toEqual([]);
  const second = call(host, slow);
  const heard = signs(first);
  await expect.poll(() => signs(second)).toBeGreaterThanOrEqual(3);
  expect(signs(first)).toBe(heard);
  goOn();
  expect(await second.ended).toMatchObject({ $case: 'finished' });
  expect(second.events.at(-1)).toMatchObject({ $case: 'finished' });
});

test('publishes what it made once; the next call finds it without starting a process', async () => {
  const keys: string[][] = [];
  const host = startHost();
  host.onKeys((held) => keys.push(held));
  const job = plan();
  const first = call(host, job);
  expect(await first.ended).toMatchObject({
    $case: 'finished',
    value: { reused: false, worker: 'tester', loss: expect.any(Number) },
  });
  expect(first.events[0]).toEqual({ $case: 'accepted', value: { worker: 'tester', takenOver: false } });
  expect(first.events.filter(({ $case }) => $case === 'progress')).toHaveLength(4);
  const manifest = await readManifest(store, 'members', job.key);
  expect(manifest).toMatchObject({ spec: job.spec, worker: 'tester', environment: { made: 'in a test' } });
  expect(manifest?.history).toHaveLength(4);

  const other = startHost({ worker: 'another' });
  const again = await call(other, { ...job, prepare: () => Promise.reject(new Error('asked for')) }).ended;
  expect(again).toMatchObject({ $case: 'finished', value: { reused: true, worker: 'tester' } });
  expect(processesOf(job.trace)).toHaveLength(1);
  expect(keys).toEqual([[job.key], []]);
});

test('measures how its jobs end, how fast they are, and whose publications came too late', async () => {
  const registry = new Registry();
  const host = startHost({ metrics: jobMetrics(registry) });
  const metric = async (name: string, labels: Record<string, string> = {}) => {
    const { values } = (await registry.getSingleMetric(name)!.get()) as {
      values: { value: number; metricName?: string; labels: Record<string, string | number> }[];
    };
    return values.find(
      (one) =>
        (one.metricName ?? name) === (name === 'ddad_job_seconds' ? `${name}_count` : name) &&
        Object.entries(labels).every(([key, value]) => one.labels[key] === value),
    )?.value;
  };
  const job = plan();
  await call(host, job).ended;
  await call(host, job).ended;
  const stopped = long();
  const running = call(host, stopped);
  await running.reached(1);
  expect(await metric('ddad_images_per_second')).toBeGreaterThan(0);
  expect(await metric('ddad_jobs_running', { kind: 'members' })).toBe(1);
  await host.stop({ key: stopped.key, attempt });
  expect(await metric('ddad_images_per_second')).toBe(0);
  expect(await metric('ddad_jobs_running', { kind: 'members' })).toBe(0);
  for (const outcome of ['finished', 'reused', 'stopped'])
    expect(await metric('ddad_job_seconds', { outcome })).toBe(1);
  expect(await metric('ddad_publications_lost_total')).toBeUndefined();
  // Somebody publishes other bytes while we train.
  const late = plan({ epochs: 40, stepMs: 10 });
  const lateCall = call(host, late);
  await lateCall.reached(1);
  const { key, spec } = late;
  const work = { loss: 1, seconds: 1, worker: 'other', environment: {} };
  await publishArtifact(store, { kind: 'members', key, spec, files: {}, ...work });
  await lateCall.ended;
  expect(await metric('ddad_publications_lost_total', { kind: 'members', bytes: 'other' })).toBe(1);
});

test('is busy when its slots are full, and free again before a caller hears of the end', async () => {
  const host = startHost({ slots: 2 });
  const [first, second] = [long(), plan()];
  const running = [call(host, first), call(host, second)];
  await expect(call(host, plan()).ended).rejects.toMatchObject({
    kind: 'busy',
    message: 'all 2 slots of tester are taken',
  });
  await running[1]!.ended;
  const third = call(host, plan());
  expect(await third.ended).toMatchObject({ $case: 'finished' });
  expect(host.keys).toEqual([first.key]);
});

test('a newer attempt takes a running job over, and an older one is refused', async () => {
  const host = startHost();
  const job = long();
  const first = call(host, job, 10);
  await first.reached(2);
  await expect(call(host, job, 10).ended).rejects.toMatchObject({ kind: 'superseded' });
  await expect(call(host, job, 9).ended).rejects.toMatchObject({ kind: 'superseded' });

  const second = call(host, job, 11);
  await expect(first.ended).rejects.toMatchObject({
    kind: 'superseded',
    message: 'attempt 11 took this job over',
  });
  expect(second.events[0]).toEqual({ $case: 'accepted', value: { worker: 'tester', takenOver: true } });
  // What is known goes to the new caller at once.
  expect(second.events[1]).toMatchObject({ $case: 'progress' });
  await second.reached(4);
  expect(processesOf(job.trace)).toHaveLength(1);

  // The first caller's end is not the second's, and its Stop comes too late.
  first.hangUp();
  expect(await host.stop({ key: job.key, attempt: 10 })).toBe(false);
  expect(host.keys).toEqual([job.key]);
  expect(await host.stop({ key: job.key, attempt: 11 })).toBe(true);
  await expect(second.ended).rejects.toMatchObject({ kind: 'stopped' });
  // Checkpoints are written under the attempt that has the job.
  const [checkpoint] = await listCheckpoints(store, 'members', job.key);
  expect(checkpoint!.object).toMatch(/\/0*11-\d+-[0-9a-f]{64}\.safetensors$/);
});

test('runs on without its caller and is taken over within the grace', async () => {
  const host = startHost({ graceMs: 3_600_000 });
  const job = plan({ epochs: 40, stepMs: 5 });
  const first = call(host, job);
  await first.reached(1);
  first.hangUp();
  const second = call(host, job);
  expect(await second.ended).toMatchObject({ $case: 'finished', value: { reused: false } });
  expect(stepsOf(job.trace)).toHaveLength(80);
  expect(processesOf(job.trace)).toHaveLength(1);
});

test('is stopped with a checkpoint when nobody takes it over, and not once it was taken over', async () => {
  const host = startHost({ graceMs: 300 });
  const job = long();
  const first = call(host, job);
  await first.reached(1);
  first.hangUp();
  const second = call(host, job);
  const steps = stepsOf(job.trace).length;
  // Twice the grace: 120 steps of 5 ms.
  await expect.poll(() => stepsOf(job.trace).length, { timeout: 60_000 }).toBeGreaterThan(steps + 120);
  expect(host.keys).toEqual([job.key]);
  second.hangUp();
  await expect.poll(() => host.keys, { timeout: 60_000 }).toEqual([]);
  expect(await checkpointsOf(job)).toEqual([stepsOf(job.trace).length]);
});

test('stop stores a checkpoint, waits for the end of the process, and says whether there was a job', async () => {
  const host = startHost();
  const job = long();
  const caller = call(host, job);
  await caller.reached(1);
  const steps = stepsOf(job.trace).length;
  expect(await host.stop({ key: job.key, attempt })).toBe(true);
  expect(isGone(processesOf(job.trace)[0])).toBe(true);
  expect(await checkpointsOf(job)).toEqual([stepsOf(job.trace).length]);
  expect(stepsOf(job.trace).length).toBeGreaterThanOrEqual(steps);
  await expect(caller.ended).rejects.toMatchObject({ kind: 'stopped' });
  expect(await host.stop({ key: job.key, attempt })).toBe(false);
});

test('kills a process that does not stop, and refuses a newer attempt as busy meanwhile', async () => {
  const host = startHost({ limits: { stopMs: 500 } });
  const job = long({ deaf: true });
  const caller = call(host, job);
  await caller.reached(1);
  const stopped = host.stop({ key: job.key, attempt });
  await expect(call(host, job).ended).rejects.toMatchObject({ kind: 'busy' });
  expect(await stopped).toBe(true);
  await expect(caller.ended).rejects.toMatchObject({ kind: 'stopped' });
});

test('a job that is stopped while it fetches does not wait for the rest', async () => {
  const host = startHost();
  const fetching = Promise.withResolvers<void>();
  const never = Promise.withResolvers<unknown>();
  const job = plan();
  const caller = call(host, {
    ...job,
    prepare: () => {
      fetching.resolve();
      return never.promise;
    },
  });
  await fetching.promise;
  await host.close();
  await expect(caller.ended).rejects.toMatchObject({ kind: 'leaving' });
  // What was left behind may still fail.
  never.reject(new Error('the store is gone'));
  await expect(call(host, job).ended).rejects.toMatchObject({ kind: 'leaving' });
});

test('a closing service checkpoints its jobs, and another one goes on to the same bytes', async () => {
  const host = startHost();
  // 4 epochs of 2 steps.
  const job = plan({ stepMs: 200 });
  const caller = call(host, job);
  await caller.reached(1);
  await host.close();
  await expect(caller.ended).rejects.toMatchObject({ kind: 'leaving' });
  const [done] = await checkpointsOf(job);
  expect(done).toBe(stepsOf(job.trace).length);

  expect(await call(startHost(), job).ended).toMatchObject({ $case: 'finished', value: { reused: false } });
  expect(stepsOf(job.trace)).toHaveLength(8);
  expect(new Set(stepsOf(job.trace)).size).toBe(8);
  expect(await weightsOf(job)).toBe(await undisturbed());
  expect(await checkpointsOf(job)).toEqual([]);
});

test('a process that hangs is found, killed, and its caller told; one that hangs while it loads too', async () => {
  const host = startHost({ limits: { stallMs: 1500 } });
  const job = long({ stepMs: 1 });
  const caller = call(host, job);
  await caller.reached(60);
  kill(processesOf(job.trace)[0], 'SIGSTOP');
  await expect(caller.ended).rejects.toMatchObject({
    kind: 'failed',
    message: expect.stringMatching(/^no sign of life for \d\.\d s; the process was killed$/),
  });

  const slow = startHost({ limits: { loadMs: 400 }, childEnvironment: { TEST_LOAD_MS: '60000' } });
  await expect(call(slow, plan()).ended).rejects.toMatchObject({
    kind: 'failed',
    message: expect.stringContaining('no sign of life for'),
  });
});

test('after a process was killed the next attempt goes on from its last checkpoint, to the same bytes', async () => {
  const host = startHost({ limits: { checkpointMs: 0 } });
  const job = plan({ stepMs: 100 });
  const dying: ArtifactPlan = {
    ...job,
    prepare: async (...given) => ({ ...((await job.prepare(...given)) as TestTask), dieBefore: 6 }),
  };
  await expect(call(host, dying).ended).rejects.toMatchObject({
    kind: 'failed',
    message: expect.stringMatching(/^the job's process was ended by signal SIGKILL; likely cause: .*kill -9/),
  });
  // A checkpoint after every step; the last may have been lost with the process.
  const [done, ...older] = await checkpointsOf(job);
  expect(older.length).toBeLessThanOrEqual(1);
  expect(done).toBeGreaterThanOrEqual(4);

  await call(host, job).ended;
  const steps = stepsOf(job.trace);
  expect(steps).toHaveLength(5 + 8 - done!);
  expect(new Set(steps).size).toBe(8);
  expect(await weightsOf(job)).toBe(await undisturbed());
  expect(await checkpointsOf(job)).toEqual([]);
});

test('a fault that the process names reaches the caller as it is', async () => {
  await expect(call(startHost(), plan({ diverge: true })).ended).rejects.toMatchObject({
    kind: 'diverged',
    message: 'the loss became NaN in step 1 (epoch 1 of 1)',
  });
});

/** A plan that was stopped after some steps, and the steps in its checkpoint. */
async function interrupted(): Promise<{ job: TestPlan; done: number }> {
  const host = startHost();
  const job = plan({ stepMs: 100 });
  const caller = call(host, job);
  await caller.reached(2);
  await host.stop({ key: job.key, attempt });
  const [done] = await checkpointsOf(job);
  return { job, done: done! };
}

test('weights that are not finite are not published: they would be used for ever', async () => {
  const job = plan({ broken: true });
  await expect(call(startHost(), job).ended).rejects.toMatchObject({
    kind: 'diverged',
    message: expect.stringContaining('weight[1]: expected a finite number, got NaN'),
  });
  expect(await readManifest(store, 'members', job.key)).toBeNull();
});

test('goes on from an older checkpoint where the newest is damaged, and from the start without one', async () => {
  const { job, done } = await interrupted();
  const { object } = (await listCheckpoints(store, 'members', job.key))[0]!;
  const whole = await store.get(object);
  const file = join(traces, 'file');
  const save = async (of: TestPlan, steps: number, data: Buffer) => {
    await writeFile(file, data);
    await saveCheckpoint(store, 'members', of.key, attempt, steps, file);
    await rm(file);
  };
  // Stored cut short, digest and all.
  await save(job, 1000, whole.subarray(0, -3));
  await call(startHost(), job).ended;
  expect(stepsOf(job.trace)).toHaveLength(8);
  expect(await checkpointsOf(job)).toEqual([]);
  expect(done).toBeLessThan(8);

  const anew = plan();
  await save(anew, 7, whole);
  const later = (await listCheckpoints(store, 'members', anew.key))[0]!.object;
  await store.put(later, whole.subarray(0, 40));
  await call(startHost(), anew).ended;
  expect(stepsOf(anew.trace)).toHaveLength(8);
  expect(await weightsOf(anew)).toBe(await weightsOf(job));
  expect(await store.list(`checkpoints/members/${anew.key}/`)).toEqual([]);
});

test('goes on without a checkpoint that the training itself refuses, in the same call', async () => {
  const { job } = await interrupted();
  const file = join(traces, 'file');
  const tensors = new Map([['weight', { shape: [2], data: Float32Array.of(1, 2) }]]);
  await writeCheckpointFile(file, { steps: 7, lossSum: 0, history: [1, 1, 1], seconds: 1, tensors });
  await saveCheckpoint(store, 'members', job.key, attempt, 7, file);
  await rm(file);
  const [refused] = await listCheckpoints(store, 'members', job.key);
  let aside: string[] = [];
  const watching: ObjectStore = {
    ...store,
    async remove(objects) {
      aside = [...aside, ...objects];
      return store.remove(objects);
    },
  };
  await call(startHost({ store: watching }), job).ended;
  expect(await weightsOf(job)).toBe(await undisturbed());
  // Two processes: one that refused it, and one that went on from the older one.
  expect(stepsOf(job.trace)).toHaveLength(8);
  expect(processesOf(job.trace)).toHaveLength(3);
  expect(aside).toContain(refused!.object);
});

test('stores no checkpoint whose values are not finite', async () => {
  const saved: number[] = [];
  const watching: ObjectStore = {
    ...store,
    async putFile(object, path) {
      await store.putFile(object, path);
      if (object.startsWith('checkpoints/')) saved.push(Number(object.split('-')[1]));
    },
  };
  const host = startHost({ store: watching, limits: { checkpointMs: 1 } });
  const job = plan({ stepMs: 200, spoilFrom: 3 });
  await expect(call(host, job).ended).rejects.toMatchObject({ kind: 'diverged' });
  expect(saved.length).toBeGreaterThan(0);
  expect(Math.max(...saved)).toBeLessThan(3);
});

test('goes on without a checkpoint that the store has lost part of, and fails where the store is away', async () => {
  const memory = memoryStore();
  let away = false;
  // As MinIO answers for an object whose data is cut short on its disk: measured.
  const broken = new StoreError('Retryable HTTP status: 503', 'Unknown');
  const shaky: ObjectStore = {
    ...memory,
    getToFile: () => Promise.reject(broken),
    list: (prefix) => (away ? Promise.reject(broken) : memory.list(prefix)),
  };
  const job = plan();
  await memory.put(`checkpoints/members/${job.key}/1-7-${'a'.repeat(64)}.safetensors`, 'state');
  const host = startHost({ store: shaky });
  away = true;
  await expect(call(host, job).ended).rejects.toMatchObject({ kind: 'failed' });
  expect(await memory.list('checkpoints/')).toHaveLength(1);
  away = false;
  expect(await call(host, job).ended).toMatchObject({ $case: 'finished' });
  expect(stepsOf(job.trace)).toHaveLength(8);
});

test('an attempt that trains on after the artifact was published leaves no checkpoint', async () => {
  const [zombie, winner] = [startHost(), startHost({ worker: 'winner' })];
  const job = plan({ stepMs: 200 });
  const given = call(zombie, job);
  await given.reached(1);
  const fast: ArtifactPlan = {
    ...job,
    prepare: async (...to) => ({ ...((await job.prepare(...to)) as TestTask), stepMs: 1 }),
  };
  await call(winner, fast).ended;
  const published = await readManifest(store, 'members', job.key);
  expect(published?.worker).toBe('winner');
  await zombie.close();
  await expect(given.ended).rejects.toMatchObject({ kind: 'leaving' });
  expect(await checkpointsOf(job)).toEqual([]);
  expect(await readManifest(store, 'members', job.key)).toEqual(published);
});

test('checkpoints that a dead publisher left are removed by whoever finds the artifact', async () => {
  const host = startHost();
  const job = plan();
  await call(host, job).ended;
  await store.put(`checkpoints/members/${job.key}/1-7.safetensors`, 'state');
  expect(await call(host, job).ended).toMatchObject({ value: { reused: true } });
  expect(await checkpointsOf(job)).toEqual([]);
});

test('makes an artifact again whose published file is lost', async () => {
  const host = startHost();
  const job = plan();
  await call(host, job).ended;
  const published = await readManifest(store, 'members', job.key);
  await store.remove([published?.files.weights?.object ?? '']);
  expect(await call(host, job).ended).toMatchObject({ value: { reused: false } });
  expect(processesOf(job.trace)).toHaveLength(2);
  const again = await readManifest(store, 'members', job.key);
  expect(again?.files).toEqual(published?.files);
  expect(await store.exists(again?.files.weights?.object ?? '')).toBe(true);
});

test('who stops a job does not wait for a store that is away', async () => {
  const memory = memoryStore();
  const host = startHost({
    store: { ...memory, putFile: () => new Promise(() => {}) },
    limits: { stopMs: 1000 },
  });
  const job = long();
  const caller = call(host, job);
  await caller.reached(1);
  const started = performance.now();
  expect(await host.stop({ key: job.key, attempt })).toBe(true);
  // The limit, 1 s, or the 2 s that storing gets at least, beside what a busy machine takes.
  expect(performance.now() - started).toBeLessThan(10_000);
  await expect(caller.ended).rejects.toMatchObject({ kind: 'stopped' });
});

test('an artifact whose checkpoints could not be removed is finished by the next attempt, which removes them', async () => {
  let away = true;
  const remove = (keys: readonly string[]) =>
    away ? Promise.reject(new StoreError('no connection', 'ECONNREFUSED')) : store.remove(keys);
  const host = startHost({ store: { ...store, remove }, limits: { checkpointMs: 1 } });
  const job = plan({ stepMs: 20 });
  await expect(call(host, job).ended).rejects.toMatchObject({ kind: 'failed', message: 'no connection' });
  expect(await readManifest(store, 'members', job.key)).not.toBeNull();
  expect(await checkpointsOf(job)).not.toEqual([]);
  away = false;
  expect(await call(host, job).ended).toMatchObject({ $case: 'finished', value: { reused: true } });
  expect(await checkpointsOf(job)).toEqual([]);
  expect(processesOf(job.trace)).toHaveLength(1);
});

test('an artifact whose checkpoints may not be removed is finished all the same', async () => {
  const remove = () => Promise.reject(new StoreError('no rights', 'AccessDenied'));
  const host = startHost({ store: { ...store, remove }, limits: { checkpointMs: 1 } });
  const job = plan({ stepMs: 20 });
  expect(await call(host, job).ended).toMatchObject({ $case: 'finished', value: { reused: false } });
  await store.remove((await listCheckpoints(store, 'members', job.key)).map(({ object }) => object));
});

test('a store that refuses is said to refuse', async () => {
  const get = () => Promise.reject(new StoreError('no rights', 'AccessDenied'));
  const host = startHost({ store: { ...store, get } });
  await expect(call(host, plan()).ended).rejects.toMatchObject({ kind: 'denied', message: 'no rights' });
});

test('says when a job failed that need not be at fault itself, and how large checkpoints are', async () => {
  let failures = 0;
  const host = startHost({
    limits: { checkpointMs: 1 },
    onFailed() {
      failures += 1;
    },
  });
  expect(host.largestCheckpoint).toBe(0);
  await call(host, plan()).ended;
  expect(failures).toBe(0);
  expect(host.largestCheckpoint).toBeGreaterThan(0);
  await expect(call(host, plan({ diverge: true })).ended).rejects.toMatchObject({ kind: 'diverged' });
  const stopped = plan({ epochs: 10_000 });
  const ended = call(host, stopped).ended;
  await host.stop({ key: stopped.key, attempt: Number.MAX_SAFE_INTEGER });
  await expect(ended).rejects.toMatchObject({ kind: 'stopped' });
  expect(failures).toBe(0);
  await expect(call(host, plan({ dieBefore: 1 })).ended).rejects.toMatchObject({ kind: 'failed' });
  expect(failures).toBe(1);
});
