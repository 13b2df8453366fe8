import type { ReportFacts, RunProgress, RunResult } from '@ddad/contract';
import { taskQueue, workflowType } from '@ddad/contract';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import type { Activities } from '../activities/index.ts';
import type { MapsArgs, RefineArgs } from '../activities/score.ts';
import type { TrainMemberArgs } from '../activities/train-member.ts';
import { memberProgressSignal, toRow } from '../member-progress.ts';
import { memberResult, recordMaps, working } from './fake-activities.testing.ts';
import { fakesEachTest } from './fakes-each-test.testing.ts';
import { expectReplays, failureOf } from './run-expectations.testing.ts';
import { small, type WorkflowServer } from './workflow-server.testing.ts';

let server: WorkflowServer;
let fakes: Activities;
let trained: TrainMemberArgs[];
let mapped: MapsArgs[];
let refined: RefineArgs[];
let reported: ReportFacts[];

fakesEachTest((shared, fresh) => {
  server = shared;
  fakes = fresh;
  trained = [];
  mapped = recordMaps(fakes);
  refined = [];
  reported = [];
  const { report } = fakes;
  fakes.trainMember = async (args) => {
    trained.push(args);
    return memberResult(args);
  };
  fakes.refine = async (args) => void refined.push(args);
  fakes.report = async (facts) => {
    reported.push(facts);
    return report(facts);
  };
});

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
    const handle = await server.start({ ...small, seed: 3 });
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
    expect(server.searchAttributes).toBe(true);
    const handle = await server.start(small);
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
    const handle = await server.start({ ...small, unlabeled: 0 });
    const result = (await handle.result()) as RunResult;
    expect(result.members.map(({ role }) => role)).toEqual(['ndm', 'ndm']);
    expect(refined.map(({ spec }) => spec.input)).toEqual(['intra']);
    expect(result.artifacts.rDual).toBeNull();
    expect(reported[0]!.refined.rDual).toBeNull();
  });

  it('scores held-out and unlabeled images as it scores test images', async () => {
    const handle = await server.start({ ...small, calibration: 0.34, falsePositiveRate: 0.4 });
    const result = (await handle.result()) as RunResult;
    expect(mapped.map(({ of }) => of)).toEqual([undefined, 'reference']);
    const [, { key }] = mapped as [MapsArgs, MapsArgs];
    expect(result.artifacts.maps).toBe(mapped[0]!.key);
    for (const { mapsKey, reference, spec } of refined) {
      expect(mapsKey).toBe(mapped[0]!.key);
      expect(reference!.mapsKey).toBe(key);
      const name = spec.input === 'dual' ? 'rDual' : 'rIntra';
      expect(reported[0]!.reference![name]).toBe(reference!.refinedKey);
    }
    expect(reported[0]!.reference!.maps).toBe(key);
    await expectReplays(handle);
  });

  it('trains no refiner where none is wanted, and reports all the same', async () => {
    const handle = await server.start({ ...small, refiner: false });
    const result = (await handle.result()) as RunResult;
    expect(refined).toEqual([]);
    expect(result.artifacts).toEqual({ maps: mapped[0]!.key, rIntra: null, rDual: null });
    expect(result.seconds.refine).toBe(0);
    expect(reported[0]!.refined).toEqual({ rIntra: null, rDual: null });
    await expectReplays(handle);
  });

  it('makes no maps without test images, and trains the refiner all the same', async () => {
    const result = (await (await server.start({ ...small, dataset: 'plain' })).result()) as RunResult;
    expect(mapped).toEqual([]);
    expect(refined).toMatchObject([{ mapsKey: null, refinedKey: null }]);
    expect(result.artifacts.maps).toBeNull();
    expect(result.seconds.maps).toBe(0);
  });
});

describe('a failure', () => {
  it('of the input lists all faults as the failure of the run itself, before any training', async () => {
    const handle = await server.start({ dataset: 'tiny', k: 1, epochs: 0, batchSize: 100, colour: 'red' });
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
    const handle = await server.client.workflow.start(workflowType, {
      taskQueue,
      workflowId: 'no-input',
      args: [],
    });
    expect(await failureOf(handle)).toMatchObject({ type: 'InvalidInput' });
  });

  it('of a member names role, index and key, and ends the other members first', async () => {
    const ended: string[] = [];
    fakes.trainMember = async (args) => {
      trained.push(args);
      if (args.position === 2) throw ApplicationFailure.nonRetryable('no such layer', 'InvalidJob');
      try {
        await working();
        return memberResult(args);
      } finally {
        ended.push(args.key);
      }
    };
    const handle = await server.start(small);
    const failure = await failureOf(handle);
    const { key } = trained.find(({ position }) => position === 2)!;
    expect(failure).toMatchObject({ type: 'MemberFailed' });
    expect(failure.message).toBe(`member udm 0 (key ${key}) failed: no such layer`);
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
  const { promise: underWay, resolve: allUnderWay } = Promise.withResolvers<void>();
  const { promise: stopped, resolve: stop } = Promise.withResolvers<void>();
  const { promise: heard, resolve: allHeard } = Promise.withResolvers<void>();
  let waiting = 0;
  fakes.trainMember = async (args) => {
    trained.push(args);
    if (trained.length === 4) allUnderWay();
    await working(undefined, async () => {
      waiting += 1;
      if (waiting === 4) allHeard();
      // The trainer takes its time to stop.
      await stopped;
    });
    return memberResult(args);
  };
  const handle = await server.start(small);
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
    const handle = await server.start({ ...small, epochs: 20 });
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
});
