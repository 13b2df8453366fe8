import type { ExperimentProgress, RunProgress } from '@ddad/contract';
import type { Client } from '@temporalio/client';
import { expect, test } from 'vitest';
import { artifactsUnderWay } from './under-way.ts';

/** A client of a server on which these workflows run. */
function clientWith(running: Record<string, { type?: string; progress?: object }>) {
  const queries: string[] = [];
  const client = {
    connection: { withDeadline: (_at: number, work: () => Promise<unknown>) => work() },
    workflow: {
      async *list({ query }: { query: string }) {
        queries.push(query);
        for (const [workflowId, { type = 'trainEnsemble' }] of Object.entries(running)) {
          yield { workflowId, runId: `${workflowId}-1`, type };
        }
      },
      getHandle: (id: string) => ({
        async query() {
          const progress = running[id]?.progress;
          if (progress === undefined) throw new Error('deadline exceeded');
          return progress;
        },
      }),
    },
  };
  return { client: client as unknown as Client, queries };
}

const run = (stage: string, ...keys: string[]) =>
  ({
    stage,
    nodes: keys.map((key) => ({ key })),
    datasetDigest: `images of ${keys.join()}`,
  }) as unknown as RunProgress;
const experiment = (stage: string, ...runs: [workflowId: string, state: string][]) =>
  ({
    stage,
    runs: runs.map(([workflowId, state]) => ({ workflowId, runId: `${workflowId}-1`, state })),
  }) as unknown as ExperimentProgress;

test('gathers what runs want, and names those of which that is not known', async () => {
  const { client, queries } = clientWith({
    training: { progress: run('training', 'a', 'b') },
    paused: { progress: run('paused', 'b', 'c') },
    new: { progress: run('planning') },
    mute: {},
    'all-started': {
      type: 'experiment',
      progress: experiment('running', ['training', 'running'], ['a-2', 'finished'], ['a-3', 'failed']),
    },
    'to-start': {
      type: 'experiment',
      progress: experiment('running', ['paused', 'running'], ['t-2', 'waiting']),
    },
    begun: { type: 'experiment', progress: experiment('planning') },
  });
  const { underWay, datasets, unknown } = await artifactsUnderWay(client);
  expect([...underWay].sort()).toEqual(['a', 'b', 'c']);
  expect([...datasets].sort()).toEqual(['images of a,b', 'images of b,c']);
  expect(unknown.sort()).toEqual([
    'begun (has runs to start)',
    'mute (does not answer)',
    'new (is being planned)',
    'to-start (has runs to start)',
  ]);
  expect(queries).toEqual([
    "WorkflowType IN ('trainEnsemble', 'experiment') AND ExecutionStatus = 'Running'",
  ]);
});

test('does not know what a run wants that was paused before its plan was in', async () => {
  const planned = { ...run('paused', 'a'), pausedIn: 'training' };
  const { datasetDigest: _, ...unplanned } = { ...run('paused'), pausedIn: 'planning' };
  const { client } = clientWith({
    'paused-early': { progress: unplanned },
    'paused-late': { progress: planned },
  });
  const { underWay, unknown } = await artifactsUnderWay(client);
  expect([...underWay]).toEqual(['a']);
  expect(unknown).toEqual(['paused-early (is being planned)']);
});

test('does not know what a run wants that its experiment has started and the list has not yet', async () => {
  const { client } = clientWith({
    'exp-01': { progress: run('training', 'a') },
    exp: {
      type: 'experiment',
      progress: experiment('running', ['exp-01', 'running'], ['exp-02', 'running']),
    },
  });
  const { unknown } = await artifactsUnderWay(client);
  expect(unknown).toEqual(['exp-02 (is not listed yet)']);
});

test('does not know which images a run reads whose coordinator does not tell', async () => {
  const { datasetDigest: _, ...older } = run('training', 'a');
  const { client } = clientWith({ older: { progress: older } });
  const { underWay, unknown } = await artifactsUnderWay(client);
  expect([...underWay]).toEqual(['a']);
  expect(unknown).toEqual(['older (does not say which images it reads)']);
});
