import { type JobProgress, type RunProgress, type RunResult, taskQueue, workflowType } from '@ddad/contract';
import { createLogger } from '@ddad/platform';
import {
  close,
  connectScorer,
  createServer,
  JobError,
  type JobEvent,
  listen,
  type MapRequest,
  type RefineRequest,
  type ScorerServiceServer,
  ScorerServiceService,
  type TrainerServiceServer,
  TrainerServiceService,
  type TrainRequest,
  toStatus,
} from '@ddad/rpc';
import { type ArtifactKind, artifactKey, type Manifest, type ObjectStore } from '@ddad/storage';
import { Client, WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { CancelledFailure } from '@temporalio/common';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Coordinator, createCoordinator } from './coordinator.ts';
import { addDataset } from './datasets.testing.ts';
import type { WorkerEntry } from './dispatcher.ts';
import { memberProgressSignal } from './member-progress.ts';
import { memoryStore } from './memory-store.testing.ts';
import { startTemporalServer, type TestTemporalServer } from './temporal-server.testing.ts';
import { type CoordinatorWorkers, createWorkers } from './worker.ts';
import { workflowBundle } from './workflow-bundle.ts';

/** A job that a test server holds. */
interface Held<Request> {
  request: Request;
  send(event: NonNullable<JobEvent['event']>): void;
  /** Publishes what the job makes and ends it. */
  finish(): Promise<void>;
  fail(error: JobError): void;
  /** Resolves when the caller is gone. */
  closed: Promise<void>;
}

/** Hands out what arrives, waiting for it where it has not come yet. */
class Arrivals<T> {
  #arrived: T[] = [];
  #waiting: ((one: T) => void)[] = [];

  push(one: T): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#arrived.push(one);
    else next(one);
  }

  next(): Promise<T> {
    const one = this.#arrived.shift();
    if (one !== undefined) return Promise.resolve(one);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  get pending(): number {
    return this.#arrived.length;
  }
}

async function publish(kind: ArtifactKind, key: string, spec: object, worker: string): Promise<void> {
  const manifest: Manifest = {
    format: 1,
    kind,
    key,
    spec,
    files: {},
    loss: kind === 'members' ? 0.5 : null,
    seconds: 3,
    worker,
    finishedAt: new Date().toISOString(),
    environment: {},
  };
  await store.putIfAbsent(`${kind}/${key}/manifest.json`, JSON.stringify(manifest));
}

const accepted = (worker: string, takenOver = false) =>
  ({ $case: 'accepted', value: { worker, takenOver } }) as const;
const finished = (worker: string) =>
  ({ $case: 'finished', value: { reused: false, seconds: 3, worker } }) as const;

/** A gRPC server that speaks for a trainer; its jobs end when the test says so. */
async function startTrainer(id: string) {
  const { server, health } = createServer();
  const jobs = new Arrivals<Held<TrainRequest>>();
  const stops: { key: string; attempt: number }[] = [];
  const byKey = new Map<string, Held<TrainRequest>>();
  const service: TrainerServiceServer = {
    train(call) {
      const { request } = call;
      const { promise: closed, resolve } = Promise.withResolvers<void>();
      call.on('cancelled', resolve);
      const held: Held<TrainRequest> = {
        request,
        closed,
        send: (event) => void call.write({ event: { event } }),
        async finish() {
          await publish('members', request.job!.key, request.member!, id);
          held.send(finished(id));
          call.end();
        },
        fail: (error) => void call.emit('error', toStatus(error)),
      };
      byKey.set(request.job!.key, held);
      held.send(accepted(id));
      jobs.push(held);
    },
    stop({ request }, done) {
      stops.push(request.job!);
      byKey.get(request.job!.key)?.fail(new JobError('stopped', 'stopped on request'));
      done(null, { wasRunning: true });
    },
  };
  server.addService(TrainerServiceService, service);
  const port = await listen(server, '127.0.0.1:0');
  const entry: WorkerEntry = { id, address: `127.0.0.1:${port}`, slots: 8, keys: [], leaving: false };
  return { entry, jobs, stops, close: () => close(server, health, 0) };
}

/** A gRPC server that speaks for the scorer: answers at once unless a test holds its jobs. */
async function startScorer() {
  const { server, health } = createServer();
  const maps: MapRequest[] = [];
  const refines: RefineRequest[] = [];
  const stops: string[] = [];
  const scorer = { holdMaps: false, mapStarted: Promise.withResolvers<void>() };
  let stopMap = () => {};
  const service: ScorerServiceServer = {
    map(call) {
      maps.push(call.request);
      call.write({ event: { event: accepted('scorer') } });
      if (scorer.holdMaps) {
        stopMap = () => void call.emit('error', toStatus(new JobError('stopped', 'stopped on request')));
        scorer.mapStarted.resolve();
        return;
      }
      void publish('maps', call.request.job!.key, call.request.maps!, 'scorer').then(() => {
        call.write({ event: { event: finished('scorer') } });
        call.end();
      });
    },
    refine(call) {
      const { job, refiner, refinedKey } = call.request;
      refines.push(call.request);
      call.write({ event: { event: accepted('scorer') } });
      void Promise.all([
        publish('refiners', job!.key, refiner!, 'scorer'),
        publish('refined', refinedKey, {}, 'scorer'),
      ]).then(() => {
        call.write({ event: { event: finished('scorer') } });
        call.end();
      });
    },
    report({ request }, done) {
      const scores = { rec: { auc: 0.8, ap: 0.7, aucMean: 0.8, aucStd: 0 } };
      const reportKey = `runs/${request.runId}/report.json`;
      const withoutCopies = { images: 3, scores };
      void store
        .put(reportKey, JSON.stringify({ ...JSON.parse(request.factsJson), withoutCopies }))
        .then(() =>
          done(null, {
            reportKey,
            scoresKey: `runs/${request.runId}/scores.csv`,
            scoresJson: JSON.stringify(scores),
          }),
        );
    },
    stop({ request }, done) {
      stops.push(request.job!.key);
      stopMap();
      done(null, { wasRunning: true });
    },
  };
  server.addService(ScorerServiceService, service);
  const port = await listen(server, '127.0.0.1:0');
  return Object.assign(scorer, {
    address: `127.0.0.1:${port}`,
    maps,
    refines,
    stops,
    close: () => close(server, health, 0),
  });
}

let temporal: TestTemporalServer;
let client: Client;
let store: ObjectStore;
let trainer: Awaited<ReturnType<typeof startTrainer>>;
let scorer: Awaited<ReturnType<typeof startScorer>>;
let scorerClient: ReturnType<typeof connectScorer>;
let live: { key: string; progress: JobProgress }[];
let coordinators: { coordinator: Coordinator; stop(): Promise<void> }[];
let runs = 0;

beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR'), shutdownSignals: [] });
  temporal = await startTemporalServer();
  client = new Client({ connection: temporal.connection });
}, 60_000);

afterAll(async () => temporal?.dispose(), 30_000);

beforeEach(async () => {
  store = memoryStore();
  await addDataset(store, 'tiny');
  trainer = await startTrainer('t1');
  scorer = await startScorer();
  scorerClient = connectScorer(scorer.address);
  live = [];
  coordinators = [];
});

afterEach(async () => {
  for (const one of coordinators) await one.stop();
  scorerClient.close();
  await Promise.all([trainer.close(), scorer.close()]);
}, 30_000);

async function startCoordinator(trainers: WorkerEntry[]) {
  const coordinator = createCoordinator({
    store,
    scorer: { address: scorer.address, client: scorerClient },
    publish: (key, progress) => void live.push({ key, progress }),
    sendProgress: (run, rows) =>
      client.workflow.getHandle(run.workflowId, run.runId).signal(memberProgressSignal, rows),
    searchAttributes: false,
    heartbeatTimeoutMs: 1000,
    progressIntervalMs: 100,
    logger: createLogger('coordinator', 'silent'),
  });
  coordinator.setTrainers(trainers);
  const workers: CoordinatorWorkers = await createWorkers({
    connection: temporal.connection,
    namespace: 'default',
    activities: coordinator.activities,
    workflowBundle: await workflowBundle(new DefaultLogger('ERROR')),
  });
  const running = workers.run();
  const started = {
    coordinator,
    async stop() {
      workers.stop();
      await running;
      coordinator.close();
    },
  };
  coordinators.push(started);
  return started;
}

function start(): Promise<WorkflowHandle> {
  runs += 1;
  const input = { dataset: 'tiny', k: 2, batchSize: 4, epochs: 9, unlabeled: 0, refiner: { batchSize: 2 } };
  return client.workflow.start(workflowType, { taskQueue, workflowId: `run-${runs}`, args: [input] });
}

async function causeOfFailure(handle: WorkflowHandle): Promise<unknown> {
  const error: unknown = await handle.result().catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(WorkflowFailedError);
  return (error as WorkflowFailedError).cause;
}

describe('a coordinator', () => {
  it('takes a run from its members over maps and refiner to the report', async () => {
    await startCoordinator([trainer.entry]);
    const handle = await start();
    const first = await trainer.jobs.next();
    const second = await trainer.jobs.next();
    expect(first.request.images).toEqual([0, 1, 2, 3, 4, 5]);
    expect(artifactKey(first.request.member!)).toBe(first.request.job!.key);
    first.send({ $case: 'progress', value: { done: 4, total: 9, loss: 0.75, imagesPerSecond: 10 } });
    await expect
      .poll(async () => (await handle.query<RunProgress>('progress')).members.map(({ done }) => done).sort())
      .toEqual([0, 4]);
    await first.finish();
    await second.finish();
    const result = (await handle.result()) as RunResult;
    expect(result.members).toMatchObject([
      { role: 'ndm', index: 0, trainer: 't1', seconds: 3, loss: 0.5, reused: false },
      { role: 'ndm', index: 1, trainer: 't1', seconds: 3, loss: 0.5, reused: false },
    ]);
    expect(scorer.maps[0]!.images).toEqual([11, 12, 13, 14]);
    expect(scorer.refines).toMatchObject([
      { images: [0, 1, 2, 3, 4, 5], mapsKey: result.artifacts.maps, refiner: { input: 'intra' } },
    ]);
    expect(result.scores).toEqual({ rec: { auc: 0.8, ap: 0.7, aucMean: 0.8, aucStd: 0 } });
    expect(result.withoutCopies?.images).toBe(3);
    expect(result.files.scores).toBe(`runs/${result.runId}/scores.csv`);

    const again = (await (await start()).result()) as RunResult;
    expect(again.members.map(({ reused }) => reused)).toEqual([true, true]);
    expect(trainer.jobs.pending).toBe(0);
    expect(scorer.maps).toHaveLength(1);
  });

  it('publishes that a member waits while there is no trainer', async () => {
    const { coordinator } = await startCoordinator([]);
    const handle = await start();
    await expect.poll(() => new Set(live.map(({ key }) => key)).size).toBe(2);
    expect(live[0]!.progress).toMatchObject({ state: 'waiting', done: 0, total: 9, worker: null });
    coordinator.setTrainers([trainer.entry]);
    await (await trainer.jobs.next()).finish();
    await (await trainer.jobs.next()).finish();
    await handle.result();
  });

  it('trains a member that two runs want once', async () => {
    await startCoordinator([trainer.entry]);
    const handles = [await start(), await start()];
    const held = [await trainer.jobs.next(), await trainer.jobs.next()];
    // Both runs wait for both members before any of them ends.
    for (const handle of handles) {
      await expect
        .poll(async () => (await handle.query<RunProgress>('progress')).members.map(({ state }) => state))
        .toEqual(['running', 'running']);
    }
    for (const job of held) await job.finish();
    const results = (await Promise.all(handles.map((handle) => handle.result()))) as RunResult[];
    expect(results.map(({ members }) => members.map(({ reused }) => reused))).toEqual([
      [false, false],
      [false, false],
    ]);
    expect(trainer.jobs.pending).toBe(0);
  });

  it('stops its trainers when a run is cancelled, before the cancellation is confirmed', async () => {
    await startCoordinator([trainer.entry]);
    const handle = await start();
    const held = [await trainer.jobs.next(), await trainer.jobs.next()];
    await handle.cancel();
    expect(await causeOfFailure(handle)).toBeInstanceOf(CancelledFailure);
    expect(trainer.stops.map(({ key }) => key).sort()).toEqual(
      held.map(({ request }) => request.job!.key).sort(),
    );
  });

  it('stops the scorer when a run is cancelled while maps are made', async () => {
    scorer.holdMaps = true;
    await startCoordinator([trainer.entry]);
    const handle = await start();
    await (await trainer.jobs.next()).finish();
    await (await trainer.jobs.next()).finish();
    await scorer.mapStarted.promise;
    await handle.cancel();
    expect(await causeOfFailure(handle)).toBeInstanceOf(CancelledFailure);
    expect(scorer.stops).toEqual([scorer.maps[0]!.job!.key]);
  });

  it('lets its members train on when it shuts down, and takes them over when it is back', async () => {
    const before = await startCoordinator([trainer.entry]);
    const handle = await start();
    const held = [await trainer.jobs.next(), await trainer.jobs.next()];
    await before.stop();
    await Promise.all(held.map(({ closed }) => closed));
    expect(trainer.stops).toEqual([]);

    // The trainer is full of just these two: only a take-over can reach it.
    const keys = held.map(({ request }) => request.job!.key);
    await startCoordinator([{ ...trainer.entry, slots: 2, keys }]);
    const taken = [await trainer.jobs.next(), await trainer.jobs.next()];
    for (const { request } of taken) {
      const earlier = held.find((one) => one.request.job!.key === request.job!.key)!;
      expect(request.job!.attempt).toBeGreaterThan(earlier.request.job!.attempt);
    }
    for (const job of taken) await job.finish();
    expect(((await handle.result()) as RunResult).members).toHaveLength(2);
  });

  it('retries a member whose trainer failed, and gives up one whose training diverged', async () => {
    await startCoordinator([trainer.entry]);
    const handle = await start();
    const first = await trainer.jobs.next();
    await trainer.jobs.next();
    first.fail(new JobError('failed', 'the process died'));
    const retried = await trainer.jobs.next();
    expect(retried.request.job!.key).toBe(first.request.job!.key);
    retried.fail(new JobError('diverged', 'loss is NaN in epoch 3'));
    const failure = await causeOfFailure(handle);
    expect(failure).toMatchObject({ type: 'MemberFailed' });
    expect((failure as Error).message).toMatch(
      new RegExp(`^member ndm \\d \\(key ${first.request.job!.key}\\) failed: .*loss is NaN in epoch 3$`),
    );
  });
});
