import { artifactKey, runKeys } from '@ddad/contract';
import { MethodRegistry } from '@ddad/methods';
import { type ObjectStore, publishArtifact } from '@ddad/storage';
import { memoryStore } from '@ddad/storage/testing';
import { beforeEach, expect, it } from 'vitest';
import { CommandFailure, exitCodes } from '../failure.ts';
import {
  entry as inventedEntry,
  inventedMethods,
  inventedProgress,
  inventedResult,
  student,
} from '../invented-method.testing.ts';
import { recordedScreens } from '../screens-for-tests.ts';
import type { RunEntry } from '../temporal-runs.ts';
import { type DescribeDeps, describeCommand } from './describe.ts';

let store: ObjectStore;
beforeEach(() => {
  store = memoryStore();
});

const entry = (status: RunEntry['status']): RunEntry => ({
  ...{ kind: 'run', id: 'ddad-brain-1', executionId: 'run-1', status, dataset: 'brain' },
  ...{ method: 'distillation', k: 3, started: new Date(0) },
  closed: status === 'running' ? null : new Date(90_000),
});

async function describe(
  found: RunEntry | null,
  runs: Partial<DescribeDeps['runs']> = {},
  methods = inventedMethods,
) {
  const screens = recordedScreens();
  const silent = async () => Promise.reject(new Error('no answer'));
  const document = await describeCommand(
    {
      runs: {
        find: async () => found,
        progress: silent,
        experimentProgress: silent,
        result: silent,
        experimentResult: silent,
        ...runs,
      },
      store: () => store,
      methods,
      screens,
      now: () => new Date(60_000),
      page: ({ id }) => `http://ui/${id}`,
      progressPage: () => null,
    },
    'run-1',
  );
  return { document, out: screens.out.text() };
}

it('shows a paused run with its input and how far its jobs are', async () => {
  const input = { dataset: 'brain', method: 'distillation', k: 3, epochs: 4, student: { layers: 2 } };
  const spec = { student: 1 };
  const key = artifactKey(spec);
  const nodes = [
    student(0, { state: 'waiting', done: 3, trouble: 'trainer-1: the kernel, as memory ran out' }),
    student(1, { key, state: 'finished', done: 4, reused: true, loss: 0.25, worker: 't1' }),
  ];
  const made = { spec, loss: 0.25, seconds: 75, worker: 't1', environment: {} };
  await publishArtifact(store, { kind: nodes[1]!.kind, key, ...made, files: {} });
  const progress = inventedProgress(nodes, {
    ...{ stage: 'paused', pausedIn: 'training', input: input as never },
    deviations: ['no pretrained weights'],
  });
  const { document, out } = await describe(entry('running'), { progress: async () => progress });
  expect(document).toMatchObject({ status: 'paused', seconds: 60, input, scores: null, failure: null });
  expect(out).toMatch(/^status +paused$/m);
  expect(out).toMatch(/^for +1:00$/m);
  expect(out).toMatch(/^method +method distillation, 3 students$/m);
  expect(out).toMatch(/^ {2}student +\{"layers":2\}$/m);
  expect(document).toMatchObject({ deviations: ['no pretrained weights'] });
  expect(out).toContain('\n\ndiffers from its source: no pretrained weights\n');
  expect(out).toMatch(/^student 0 +training +waiting +3\/4 +key-0$/m);
  expect(out).toMatch(/^student 1 +training +found +4\/4 +0\.2500 +1:15 +t1 /m);
  expect(out).toContain('student 0: trainer-1: the kernel, as memory ran out\n');
});

it('tells of a run that goes on what its input lacks as its method says', async () => {
  const { method } = inventedEntry;
  const storedInput = (input: object) => ({ layers: 1, ...input });
  const later = new MethodRegistry([{ ...inventedEntry, method: { ...method, storedInput } }]);
  const input = { dataset: 'brain', method: method.name, k: 3 };
  const progress = async () => inventedProgress([], { input: input as never });
  const { document } = await describe(entry('running'), { progress }, later);
  expect(document).toMatchObject({ input: { ...input, layers: 1 } });
});

it('shows the scores of a finished run, whether the coordinator answers or not', async () => {
  await store.put(runKeys.report('run-1'), JSON.stringify(inventedResult({ runId: 'run-1' })));
  const { document, out } = await describe(entry('completed'));
  expect(document).toMatchObject({ status: 'completed', seconds: 90, mainScore: 'fused', input: null });
  expect(out).toMatch(/^fused +87\.9 +100\.0 +main score$/m);
  expect(out).toMatch(/^Temporal +http:\/\/ui\/ddad-brain-1$/m);
  const old = await describe(null);
  expect(old.document).toMatchObject({
    deviations: [],
    workflowId: null,
    status: 'completed',
    started: null,
    seconds: 94,
  });
});

it('says why a run failed', async () => {
  const failure = new CommandFailure('the run failed: student 0: the disk is full', exitCodes.runFailed);
  const { document, out } = await describe(entry('failed'), { result: () => Promise.reject(failure) });
  expect(document).toMatchObject({ status: 'failed', failure: failure.message });
  expect(out).toContain('\nthe run failed: student 0: the disk is full\n');
});

it('shows an experiment by its runs', async () => {
  const runs = [
    { axes: { seed: 0 }, workflowId: 'x-01', runId: 'r1', state: 'finished' as const },
    { axes: { seed: 1 }, workflowId: 'x-02', runId: null, state: 'waiting' as const },
  ];
  const experiment = { ...entry('running'), kind: 'experiment' as const };
  const { document, out } = await describe(experiment, {
    experimentProgress: async () => ({ stage: 'running', runs }),
  });
  expect(document).toMatchObject({ kind: 'experiment', runs });
  expect(out).toMatch(/^runs +1 of 2 runs finished$/m);
  expect(out).toMatch(/^x-02 +waiting +\{"seed":1\}$/m);
});

it('knows no run that left nothing', async () => {
  await expect(describe(null)).rejects.toMatchObject({ exitCode: exitCodes.badInput });
});
