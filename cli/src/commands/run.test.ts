import { type DatasetRecord, datasetKeys, type RunSettings } from '@ddad/contract';
import type { ObjectStore } from '@ddad/storage';
import { memoryStore } from '@ddad/storage/testing';
import { beforeEach, expect, it } from 'vitest';
import { CommandFailure, exitCodes } from '../failure.ts';
import { Interruption } from '../interruption.ts';
import { inventedMethods } from '../invented-method.testing.ts';
import { mergeRunInput } from '../run-input.ts';
import { recordedScreens } from '../screens-for-tests.ts';
import type { TemporalRuns } from '../temporal-runs.ts';
import { startExperiment } from './experiment.ts';
import { type StartDeps, startDetached, startRun } from './run.ts';

let store: ObjectStore;
let started: { id: string; input: RunSettings }[];
let screens: ReturnType<typeof recordedScreens>;
let deps: StartDeps;

beforeEach(() => {
  store = memoryStore();
  started = [];
  screens = recordedScreens();
  const runs: Partial<TemporalRuns> = {
    async start(id, input) {
      started.push({ id, input });
      return { id, executionId: 'execution-1' };
    },
  };
  deps = {
    runs: runs as TemporalRuns,
    methods: inventedMethods,
    store: () => store,
    live: () => Promise.reject(new Error('no NATS')),
    screens,
    now: () => 0,
    page: ({ id }) => `http://ui/${id}`,
    progressPage: () => null,
    interruption: new Interruption(),
    newRunName: () => 'one',
  };
});

const input = (dataset: string) => mergeRunInput(inventedMethods, { dataset, method: 'distillation' }, {});

/** As `dataset add` records it. */
async function addRecord(name: string): Promise<void> {
  const counts = { train: 1, unlabeled: 0, test: 0, validation: 0, copies: 0 };
  const record: DatasetRecord = {
    ...{ name, digest: 'a'.repeat(64), addedAt: '2026-01-01T00:00:00.000Z', counts, synthetic: false },
  };
  await store.put(datasetKeys.record(name), JSON.stringify(record));
}

it('starts nothing for a dataset that is not there, and names those that are', async () => {
  const failure = async () => {
    const error: unknown = await startRun(deps, input('brian'), {}).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(CommandFailure);
    expect(started).toEqual([]);
    return error as CommandFailure;
  };
  expect((await failure()).message).toContain(
    'dataset: there is none yet: "ddad dataset add" adds one, got "brian"',
  );
  await addRecord('lgg');
  await addRecord('brain');
  const { message, exitCode } = await failure();
  expect(message).toContain('dataset: expected one of brain, lgg, got "brian"');
  expect(exitCode).toBe(exitCodes.badInput);
});

it('starts nothing once it is interrupted, as while images are made for it', async () => {
  await addRecord('brain');
  for (const begin of [() => startRun(deps, input('brain'), {}), () => startDetached(deps, input('brain'))]) {
    deps = { ...deps, interruption: new Interruption() };
    deps.interruption.come('SIGINT');
    await expect(begin()).rejects.toMatchObject({
      message: 'interrupted: nothing was started',
      exitCode: exitCodes.interrupted,
    });
  }
  deps.interruption.come('SIGTERM');
  const parsed = inventedMethods.parseExperiment({ base: input('brain'), axes: {} });
  if ('faults' in parsed) throw new Error(JSON.stringify(parsed.faults));
  await expect(startExperiment(deps, parsed.experiment, {})).rejects.toMatchObject({
    message: 'interrupted: nothing was started',
  });
  expect([started, screens.out.text()]).toEqual([[], '']);
});

it('tells of a run that it started all the same, and that it may have where the server has not said so yet', async () => {
  await addRecord('brain');
  const { start } = deps.runs;
  const { interruption } = deps;
  deps.runs.start = async (...given) => {
    interruption.come('SIGTERM');
    return start(...given);
  };
  await expect(startDetached(deps, input('brain'))).rejects.toMatchObject({
    message: 'the run goes on; cancel it with: npx ddad cancel ddad-brain-one',
    exitCode: exitCodes.terminated,
  });
  const mute = new Interruption();
  deps.runs.start = () => {
    mute.come('SIGINT');
    return new Promise(() => {});
  };
  await expect(mute.ends(startRun({ ...deps, interruption: mute }, input('brain'), {}))).rejects.toThrow(
    'interrupted: the run may have been started; "npx ddad describe ddad-brain-one" tells',
  );
});

it('detached prints the run’s name alone, and on the other screen how to follow it', async () => {
  await addRecord('brain');
  expect(await startDetached(deps, input('brain'))).toEqual({
    workflowId: 'ddad-brain-one',
    runId: 'execution-1',
  });
  expect(started).toEqual([{ id: 'ddad-brain-one', input: input('brain') }]);
  expect(screens.out.text()).toBe('ddad-brain-one\n');
  expect(screens.err.text()).toBe(
    'http://ui/ddad-brain-one\nit goes on in the cluster: "npx ddad watch ddad-brain-one" follows it\n',
  );
});
