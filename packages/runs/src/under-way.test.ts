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
  ({ stage, nodes: keys.map((key) => ({ key })) }) as unknown as RunProgress;
const experiment = (stage: string, ...states: string[]) =>
  ({ stage, runs: states.map((state) => ({ state })) }) as unknown as ExperimentProgress;

test('gathers what runs want, and names those of which that is not known', async () => {
  const { client, queries } = clientWith({
    training: { progress: run('training', 'a', 'b') },
    paused: { progress: run('paused', 'b', 'c') },
    new: { progress: run('planning') },
    mute: {},
    'all-started': { type: 'experiment', progress: experiment('running', 'running', 'finished', 'failed') },
    'to-start': { type: 'experiment', progress: experiment('running', 'running', 'waiting') },
    begun: { type: 'experiment', progress: experiment('planning') },
  });
  const { underWay, unknown } = await artifactsUnderWay(client);
  expect([...underWay].sort()).toEqual(['a', 'b', 'c']);
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
