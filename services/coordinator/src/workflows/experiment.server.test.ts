import type { ExperimentFile, ExperimentProgress, ExperimentResult } from '@ddad/contract';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import type { Activities } from '../activities/index.ts';
import { HeldMembers, isMember, makeBy } from './fake-activities.testing.ts';
import { fakesEachTest } from './fakes-each-test.testing.ts';
import { expectReplays, failureOf } from './run-expectations.testing.ts';
import { small, type WorkflowServer } from './workflow-server.testing.ts';

let server: WorkflowServer;
let fakes: Activities;

fakesEachTest((shared, fresh) => {
  server = shared;
  fakes = fresh;
});

const { dataset: _, ...fields } = small;
const base = { dataset: 'tiny', ...fields };

describe('an experiment', () => {
  it('makes a run of every combination and says what sharing saved', async () => {
    const handle = await server.startExperiment({
      base,
      axes: { unlabeled: [0, 3], 'refiner.epochs': [1, 2] },
    });
    const result = (await handle.result()) as ExperimentResult;
    expect(result.runs.map(({ axes }) => axes)).toEqual([
      { unlabeled: 0, 'refiner.epochs': 1 },
      { unlabeled: 0, 'refiner.epochs': 2 },
      { unlabeled: 3, 'refiner.epochs': 1 },
      { unlabeled: 3, 'refiner.epochs': 2 },
    ]);
    for (const [place, run] of result.runs.entries()) {
      expect(run.workflowId).toBe(`${handle.workflowId}-0${place + 1}`);
      expect(run.report).toBe(`reports/${run.runId}/report.json`);
      expect(run).not.toHaveProperty('failure');
    }
    // NDM of two, and UDM of two for 3 unlabeled images; alone the runs would train 2 + 2 + 4 + 4.
    expect(result.artifacts.members).toEqual({ made: 4, naive: 12 });
    // The intra refiner reads the NDM alone: one per number of epochs, and a dual one beside it; alone 1 + 1 + 2 + 2.
    expect(result.artifacts.refiners).toEqual({ made: 4, naive: 6 });
    expect((await handle.describe()).runId).toBe(result.experimentId);

    const file = JSON.parse((await server.store.get(result.files.experiment)).toString()) as ExperimentFile;
    expect(result.files.experiment).toBe(`experiments/${result.experimentId}/experiment.json`);
    const { input, ...same } = file;
    expect(same).toEqual(result);
    expect(input).toMatchObject({ base, atOnce: 8 });

    const progress = await handle.query<ExperimentProgress>('progress');
    expect(progress.stage).toBe('finished');
    expect(progress.runs.map(({ state }) => state)).toEqual(Array(4).fill('finished'));
    await expectReplays(handle);
  });

  it('of a base alone is one run', async () => {
    const handle = await server.startExperiment({ base });
    const { runs, artifacts } = (await handle.result()) as ExperimentResult;
    expect(runs).toMatchObject([{ axes: {} }]);
    expect(artifacts.members).toEqual({ made: 4, naive: 4 });
  });

  it('keeps to the number of runs at once, shows how it goes, and grows its history by little per run', async () => {
    const held = new HeldMembers(fakes);
    const handle = await server.startExperiment({ base, axes: { seed: [1, 2, 3, 4, 5] }, atOnce: 2 });
    await held.until(8);
    const { stage, runs } = await handle.query<ExperimentProgress>('progress');
    expect(stage).toBe('running');
    expect(runs.map(({ state }) => state)).toEqual(['running', 'running', 'waiting', 'waiting', 'waiting']);
    const { currentDetails } = await handle.query<{ currentDetails: string }>('__temporal_workflow_metadata');
    expect(currentDetails).toContain('0 of 5 runs finished, 2 going on');
    expect(currentDetails).toContain(`| ${handle.workflowId}-01\u2003 | 1\u2003 | running |`);
    // Every next pair begins once one before has ended.
    held.finishAll();
    for (const count of [12, 16, 20]) {
      await held.until(count);
      held.finishAll();
    }
    await handle.result();
    const { events } = await handle.fetchHistory();
    // 100 runs stay below 1,500 events.
    expect((events ?? []).length).toBeLessThan(20 + 5 * 14);
  });

  it('ends with what there is where a run fails, and names it', async () => {
    makeBy(
      fakes,
      (args) => isMember(args) && args.total === 7,
      async () => {
        throw ApplicationFailure.nonRetryable('no such layer', 'InvalidJob');
      },
    );
    const handle = await server.startExperiment({ base, axes: { epochs: [5, 7, 9] } });
    const { runs, artifacts } = (await handle.result()) as ExperimentResult;
    expect(runs.map(({ report }) => report !== null)).toEqual([true, false, true]);
    expect(runs[1]!.failure).toMatch(/^member [nu]dm \d .*no such layer$/);
    expect(artifacts.members).toEqual({ made: 8, naive: 8 });
    const { runs: states } = await handle.query<ExperimentProgress>('progress');
    expect(states.map(({ state }) => state)).toEqual(['finished', 'failed', 'finished']);
    await expectReplays(handle);
  });

  it('goes on where somebody cancels a run, and names it', async () => {
    const held = new HeldMembers(fakes);
    const handle = await server.startExperiment({ base, axes: { seed: [1, 2] } });
    await held.until(8);
    await server.client.workflow.getHandle(`${handle.workflowId}-02`).cancel();
    await expect.poll(() => held.stopped.length, { timeout: 20_000 }).toBe(4);
    held.finishAll();
    const { runs } = (await handle.result()) as ExperimentResult;
    expect(runs.map(({ failure }) => failure)).toEqual([undefined, 'cancelled']);
    const { runs: states } = await handle.query<ExperimentProgress>('progress');
    expect(states.map(({ state }) => state)).toEqual(['finished', 'cancelled']);
  });

  it('cancels its runs, and is cancelled only once they are', async () => {
    const held = new HeldMembers(fakes);
    const { promise: idle, resolve: rest } = Promise.withResolvers<void>();
    held.onStop = () => idle;
    const handle = await server.startExperiment({ base, axes: { seed: [1, 2, 3] }, atOnce: 2 });
    await held.until(8);
    await handle.cancel();
    await expect.poll(() => held.stopped.length, { timeout: 20_000 }).toBe(8);
    expect((await handle.describe()).status.name).toBe('RUNNING');
    rest();
    expect(await failureOf(handle)).toBeInstanceOf(CancelledFailure);
    for (const run of ['01', '02']) {
      const child = server.client.workflow.getHandle(`${handle.workflowId}-${run}`);
      expect((await child.describe()).status.name).toBe('CANCELLED');
    }
    // The third never began.
    await expect(server.client.workflow.getHandle(`${handle.workflowId}-03`).describe()).rejects.toThrow();
    await expectReplays(handle);
  });
});

describe('an experiment that is started again', () => {
  it('waits for the former runs of its names, which write checkpoints still', async () => {
    const held = new HeldMembers(fakes);
    const { promise: written, resolve: write } = Promise.withResolvers<void>();
    held.onStop = () => written;
    const former = await server.startExperiment({ base, axes: { seed: [1, 2] } }, 'again');
    await held.until(8);
    await former.terminate();
    const handle = await server.startExperiment({ base, axes: { seed: [1, 2] } }, 'again');
    const refusals = async () => {
      const { events } = await handle.fetchHistory();
      return (events ?? []).filter((event) => event.startChildWorkflowExecutionFailedEventAttributes).length;
    };
    await expect.poll(refusals, { timeout: 20_000 }).toBeGreaterThanOrEqual(2);
    const { runs: waiting } = await handle.query<ExperimentProgress>('progress');
    expect(waiting.map(({ state }) => state)).toEqual(['waiting', 'waiting']);
    write();
    await held.until(16);
    held.finishAll();
    const { runs } = (await handle.result()) as ExperimentResult;
    expect(runs.map(({ report, failure }) => [report !== null, failure])).toEqual([
      [true, undefined],
      [true, undefined],
    ]);
    await expectReplays(handle);
  });

  it('names a run that keeps its name, and is cancelled while it waits for that', async () => {
    const held = new HeldMembers(fakes);
    const other = await server.start(small, 'taken-01');
    await held.until(4);
    const { planExperiment } = fakes;
    const handle = await server.startExperiment({ base }, 'taken');
    await expect
      .poll(async () => (await handle.query<ExperimentProgress>('progress')).runs.length, { timeout: 20_000 })
      .toBe(1);
    await handle.cancel();
    expect(await failureOf(handle)).toBeInstanceOf(CancelledFailure);

    // As experiments before did, which did not wait.
    fakes.planExperiment = async (raw) => {
      const { waitsForFormer: _, ...plan } = await planExperiment(raw);
      return plan;
    };
    const atOnce = await server.startExperiment({ base }, 'taken');
    const { runs } = (await atOnce.result()) as ExperimentResult;
    expect(runs[0]!.failure).toBe('another run of the name taken-01 is under way');
    await expectReplays(atOnce);
    held.finishAll();
    await other.result();
  });
});

describe('a faulty experiment', () => {
  it('is refused with the faults of all combinations, before anything begins', async () => {
    const handle = await server.startExperiment({
      base: { ...base, batchSize: 7, colour: 'red' },
      axes: {
        anomalousRate: [0, 0.5, 1],
        unlabeled: [4],
        backbone: ['ae', 'vae', 'ae'],
        pace: [1],
        seed: [],
        'refiner.epochs': [0],
      },
    });
    const failure = await failureOf(handle);
    expect(failure).toMatchObject({ type: 'InvalidInput', nonRetryable: true });
    // There are 2 normal and 3 abnormal unlabeled images.
    const expected = [
      /^axes\.backbone: expected each value once, got "ae" again$/,
      /^axes\.backbone: expected one of .*got "vae"$/,
      /^axes\.pace: unknown field$/,
      /^axes\.refiner\.epochs: .*got 0$/,
      /^axes\.seed: expected at least one value, got none$/,
      /^axes\.unlabeled: .*0 normal and 4 abnormal .*: unlabeled\.1 lacks 1$/,
      /^axes\.unlabeled: .*4 normal and 0 abnormal .*: unlabeled\.0 lacks 2$/,
      /^base\.batchSize: expected at most 6, the number of normal training images of tiny, got 7$/,
      /^base\.colour: unknown field$/,
    ];
    const lines = failure.message.split('\n').sort();
    expect(lines).toEqual(expected.map((line) => expect.stringMatching(line)));
    await expect(server.client.workflow.getHandle(`${handle.workflowId}-01`).describe()).rejects.toThrow();
  });
});
