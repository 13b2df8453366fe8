import type { MemberResult, ReportFacts, RunProgress, RunResult } from '@ddad/contract';
import { taskQueue, workflowType } from '@ddad/contract';
import type { ObjectStore } from '@ddad/storage';
import { Context } from '@temporalio/activity';
import { Client, WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Activities } from '../activities/index.ts';
import { planRun, type RunPlan } from '../activities/plan.ts';
import type { MapsArgs, RefineArgs } from '../activities/score.ts';
import type { TrainMemberArgs } from '../activities/train-member.ts';
import { DatasetCatalog } from '../dataset-catalog.ts';
import { addDataset } from '../datasets.testing.ts';
import { memberProgressSignal, toRow } from '../member-progress.ts';
import { memoryStore } from '../memory-store.testing.ts';
import { ensureSearchAttributes } from '../search-attributes.ts';
import { startTemporalServer, type TestTemporalServer } from '../temporal-server.testing.ts';
import { type CoordinatorWorkers, createWorkers } from '../worker.ts';
import { workflowBundle } from '../workflow-bundle.ts';

let server: TestTemporalServer;
let client: Client;
let store: ObjectStore;
let workers: CoordinatorWorkers;
let running: Promise<void>;
let searchAttributes: boolean;
let heartbeatTimeoutMs: number;
let fakes: Activities;
let trained: TrainMemberArgs[];
let mapped: MapsArgs[];
let refined: RefineArgs[];
let reported: ReportFacts[];

beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR'), shutdownSignals: [] });
  server = await startTemporalServer();
  client = new Client({ connection: server.connection });
  searchAttributes = await ensureSearchAttributes(server.connection, 'default');
  store = memoryStore();
  await addDataset(store, 'tiny');
  await addDataset(store, 'plain', { unlabeled: { labels: 'none' }, test: { labels: 'none' } });
  workers = await createWorkers({
    connection: server.connection,
    namespace: 'default',
    workflowBundle: await workflowBundle(new DefaultLogger('ERROR')),
    // Each test brings its own.
    activities: {
      plan: (raw) => fakes.plan(raw),
      trainMember: (args) => fakes.trainMember(args),
      makeMaps: (args) => fakes.makeMaps(args),
      refine: (args) => fakes.refine(args),
      report: (facts) => fakes.report(facts),
    },
  });
  running = workers.run();
}, 60_000);

afterAll(async () => {
  workers?.stop();
  await running;
  await server?.dispose();
}, 60_000);

beforeEach(() => {
  heartbeatTimeoutMs = 20_000;
  trained = [];
  mapped = [];
  refined = [];
  reported = [];
  const catalog = new DatasetCatalog(store);
  fakes = {
    plan: (raw): Promise<RunPlan> => planRun({ store, catalog, searchAttributes, heartbeatTimeoutMs }, raw),
    trainMember: async (args) => {
      trained.push(args);
      return memberResult(args);
    },
    makeMaps: async (args) => void mapped.push(args),
    refine: async (args) => void refined.push(args),
    report: async (facts) => {
      reported.push(facts);
      return { scores: null, files: { report: `runs/${facts.runId}/report.json`, scores: null } };
    },
  };
});

function memberResult({ spec, index, key, finished }: TrainMemberArgs): MemberResult {
  return {
    role: spec.role,
    index,
    seed: spec.seed,
    key,
    trainer: 't1',
    seconds: 2,
    loss: 0.25,
    reused: finished,
  };
}

const small = { k: 2, batchSize: 4, refiner: { batchSize: 2 } };
let runs = 0;

function start(input: unknown): Promise<WorkflowHandle> {
  runs += 1;
  return client.workflow.start(workflowType, { taskQueue, workflowId: `run-${runs}`, args: [input] });
}

async function failureOf(handle: WorkflowHandle): Promise<Error> {
  const error: unknown = await handle.result().then(
    () => expect.fail('the run did not fail'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof WorkflowFailedError) || error.cause === undefined) throw error;
  return error.cause;
}

/** Replays what the server recorded with the code as it is now. */
async function expectReplays(handle: WorkflowHandle): Promise<void> {
  const history = await handle.fetchHistory();
  const results = Worker.runReplayHistories({ workflowBundle: await workflowBundle() }, [
    { workflowId: handle.workflowId, history },
  ]);
  let replayed = 0;
  for await (const { error } of results) {
    expect(error).toBeUndefined();
    replayed += 1;
  }
  expect(replayed).toBe(1);
}

/** An activity's work that lasts until it is cancelled. */
async function untilCancelled(): Promise<never> {
  const context = Context.current();
  const beating = setInterval(() => context.heartbeat(), 100);
  try {
    return await context.cancelled;
  } finally {
    clearInterval(beating);
  }
}

describe('a run', () => {
  it('trains all members at once, then maps, refines both ways and reports', async () => {
    const { promise: all, resolve: allThere } = Promise.withResolvers<void>();
    fakes.trainMember = async (args) => {
      trained.push(args);
      if (trained.length === 4) allThere();
      // Ends only if the others are under way too.
      await all;
      return memberResult(args);
    };
    const handle = await start({ dataset: 'tiny', seed: 3, ...small });
    const result = (await handle.result()) as RunResult;

    expect(result).toMatchObject({
      dataset: 'tiny',
      synthetic: true,
      backbone: 'ae',
      k: 2,
      seed: 3,
      scores: null,
    });
    expect(result.runId).toBe((await handle.describe()).runId);
    expect(result.members.map(({ role, index }) => `${role} ${index}`)).toEqual([
      'ndm 0',
      'ndm 1',
      'udm 0',
      'udm 1',
    ]);
    expect(mapped).toHaveLength(1);
    expect(refined.map(({ spec }) => spec.input).sort()).toEqual(['dual', 'intra']);
    const dual = refined.find(({ spec }) => spec.input === 'dual')!;
    const intra = refined.find(({ spec }) => spec.input === 'intra')!;
    expect(result.artifacts).toEqual({ maps: mapped[0]!.key, rDual: dual.key, rIntra: intra.key });
    expect(dual.mapsKey).toBe(mapped[0]!.key);
    expect(reported[0]!.refined).toEqual({ rDual: dual.refinedKey, rIntra: intra.refinedKey });
    const { total, ...stages } = result.seconds;
    const sum = Object.values(stages).reduce((a, b) => a + b, 0);
    expect(Math.abs(total - sum)).toBeLessThan(0.5);
    // Small enough for a payload many times over; no list of images travels.
    expect(JSON.stringify(result).length).toBeLessThan(4000);
    expect(JSON.stringify([trained, mapped, refined])).not.toContain('images"');

    const progress = await handle.query<RunProgress>('progress');
    expect(progress.stage).toBe('finished');
    expect(progress.members.map(({ state, loss }) => [state, loss])).toEqual(
      Array(4).fill(['finished', 0.25]),
    );
    await expectReplays(handle);
  });

  it('can be found by dataset, backbone and K, and names its activities for people', async () => {
    expect(searchAttributes).toBe(true);
    const handle = await start({ dataset: 'tiny', ...small });
    await handle.result();
    expect((await handle.describe()).searchAttributes).toMatchObject({
      DdadDataset: ['tiny'],
      DdadBackbone: ['ae'],
      DdadK: [2],
    });
    const { events } = await handle.fetchHistory();
    const summaries = (events ?? []).flatMap(({ userMetadata }) => {
      const data = userMetadata?.summary?.data;
      return data ? [JSON.parse(Buffer.from(data).toString('utf8')) as string] : [];
    });
    expect(summaries).toEqual([
      'plan',
      'ndm 0',
      'ndm 1',
      'udm 0',
      'udm 1',
      'maps',
      'refiner dual',
      'refiner intra',
      'report',
    ]);
  });

  it('has neither UDM nor dual refiner in the one-class mode', async () => {
    const handle = await start({ dataset: 'tiny', unlabeled: 0, ...small });
    const result = (await handle.result()) as RunResult;
    expect(result.members.map(({ role }) => role)).toEqual(['ndm', 'ndm']);
    expect(refined.map(({ spec }) => spec.input)).toEqual(['intra']);
    expect(result.artifacts.rDual).toBeNull();
    expect(reported[0]!.refined.rDual).toBeNull();
  });

  it('makes no maps without test images, and trains the refiner all the same', async () => {
    const result = (await (await start({ dataset: 'plain', ...small })).result()) as RunResult;
    expect(mapped).toEqual([]);
    expect(refined).toMatchObject([{ mapsKey: null, refinedKey: null }]);
    expect(result.artifacts.maps).toBeNull();
    expect(result.seconds.maps).toBe(0);
  });
});

describe('a failure', () => {
  it('of the input lists all faults as the failure of the run itself, before any training', async () => {
    const handle = await start({ dataset: 'tiny', k: 1, epochs: 0, batchSize: 100, colour: 'red' });
    const failure = await failureOf(handle);
    expect(failure).toBeInstanceOf(ApplicationFailure);
    expect(failure).toMatchObject({ type: 'InvalidInput', nonRetryable: true });
    for (const path of ['k: ', 'epochs: ', 'batchSize: ', 'colour: ', 'refiner.batchSize: ']) {
      expect(failure.message).toContain(path);
    }
    expect((failure as ApplicationFailure).details![0]).toHaveLength(5);
    expect(trained).toEqual([]);
    await expectReplays(handle);
  });

  it('of the input shows where a run is started without any', async () => {
    const handle = await client.workflow.start(workflowType, { taskQueue, workflowId: 'no-input', args: [] });
    expect(await failureOf(handle)).toMatchObject({ type: 'InvalidInput' });
  });

  it('of a member names role, index and key, and ends the other members first', async () => {
    heartbeatTimeoutMs = 1000;
    const ended: string[] = [];
    fakes.trainMember = async (args) => {
      trained.push(args);
      if (args.position === 2) throw ApplicationFailure.nonRetryable('loss is NaN', 'Diverged');
      try {
        return await untilCancelled();
      } finally {
        ended.push(args.key);
      }
    };
    const handle = await start({ dataset: 'tiny', ...small });
    const failure = await failureOf(handle);
    const { key } = trained.find(({ position }) => position === 2)!;
    expect(failure).toMatchObject({ type: 'MemberFailed' });
    expect(failure.message).toBe(`member udm 0 (key ${key}) failed: loss is NaN`);
    expect(ended.sort()).toEqual(
      trained
        .filter(({ position }) => position !== 2)
        .map((args) => args.key)
        .sort(),
    );
    expect(mapped).toEqual([]);
    await expectReplays(handle);
  });
});

it('is cancelled only once every activity has confirmed', async () => {
  heartbeatTimeoutMs = 1000;
  const { promise: underWay, resolve: allUnderWay } = Promise.withResolvers<void>();
  const { promise: stopped, resolve: stop } = Promise.withResolvers<void>();
  const { promise: heard, resolve: allHeard } = Promise.withResolvers<void>();
  let waiting = 0;
  fakes.trainMember = async (args) => {
    trained.push(args);
    if (trained.length === 4) allUnderWay();
    return untilCancelled().catch(async (error: unknown) => {
      waiting += 1;
      if (waiting === 4) allHeard();
      // The trainer takes its time to stop.
      await stopped;
      throw error;
    });
  };
  const handle = await start({ dataset: 'tiny', ...small });
  await underWay;
  await handle.cancel();
  await heard;
  expect((await handle.describe()).status.name).toBe('RUNNING');
  stop();
  expect(await failureOf(handle)).toBeInstanceOf(CancelledFailure);
  expect((await handle.describe()).status.name).toBe('CANCELLED');
  expect(reported).toEqual([]);
  await expectReplays(handle);
});

describe('progress', () => {
  it('reaches query and details by signals, whatever else somebody signals', async () => {
    const { promise: end, resolve: finish } = Promise.withResolvers<void>();
    const { promise: underWay, resolve: begun } = Promise.withResolvers<void>();
    fakes.trainMember = async (args) => {
      trained.push(args);
      if (trained.length === 4) begun();
      await end;
      return memberResult(args);
    };
    const handle = await start({ dataset: 'tiny', epochs: 20, ...small });
    await underWay;
    await handle.signal(memberProgressSignal, 'nonsense');
    await handle.signal(memberProgressSignal, [
      [0, 'x'],
      [99, 1, 2, null, 0, null, 'running'],
    ]);
    const figures = {
      done: 5,
      total: 20,
      loss: 0.125,
      imagesPerSecond: 2,
      worker: 'gpu|7',
      state: 'running',
    } as const;
    await handle.signal(memberProgressSignal, [toRow(1, figures)]);
    const progress = await handle.query<RunProgress>('progress');
    expect(progress.stage).toBe('training');
    expect(progress.members[1]).toMatchObject({ role: 'ndm', index: 1, ...figures });
    expect(progress.members[0]).toMatchObject({ state: 'waiting', done: 0, total: 20 });
    expect(Date.parse(progress.updatedAt!)).toBeGreaterThan(Date.now() - 60_000);

    const { currentDetails } = await handle.query<{ currentDetails: string }>('__temporal_workflow_metadata');
    // 15 epochs of one batch of 4 at 2 images a second.
    expect(currentDetails).toContain('| ndm 1 | 5 / 20 epochs | 0.1250 | gpu\\|7 | 30 s |');
    finish();
    await handle.result();
    await expectReplays(handle);
  });

  it('keeps 100 members over 10 hours at a signal a minute under 8,000 history events', async () => {
    const signals = 40;
    const { promise: end, resolve: finish } = Promise.withResolvers<void>();
    const { promise: underWay, resolve: begun } = Promise.withResolvers<void>();
    fakes.trainMember = async (args) => {
      trained.push(args);
      if (trained.length === 20) begun();
      await end;
      return memberResult(args);
    };
    const handle = await start({ dataset: 'tiny', epochs: 1000, ...small, k: 10 });
    await underWay;
    const before = (await handle.fetchHistory()).events!.length;
    for (let done = 1; done <= signals; done++) {
      const figures = { done, total: 1000, loss: 0.123456789, imagesPerSecond: 1234.56, worker: 'trainer-0' };
      const rows = trained.map(({ position }) => toRow(position, { ...figures, state: 'running' }));
      await handle.signal(memberProgressSignal, rows);
      // So that no two signals share a workflow task, which would count too few events.
      await handle.query('progress');
    }
    const after = (await handle.fetchHistory()).events!;
    const perSignal = (after.length - before) / signals;
    finish();
    await handle.result();
    const all = (await handle.fetchHistory()).events!;
    const perMember = (all.length - (after.length - before)) / 20;
    expect(100 * perMember + 600 * perSignal).toBeLessThan(8000);
    // Rows stay in the history as well: 600 signals of 100 rows within the 10 MB at which the server warns.
    const signal = all.find(({ workflowExecutionSignaledEventAttributes: sent }) => sent)!;
    const payload = signal.workflowExecutionSignaledEventAttributes!.input!.payloads![0]!.data!;
    expect((payload.length / 20) * 100 * 600).toBeLessThan(10e6);
  });
});
