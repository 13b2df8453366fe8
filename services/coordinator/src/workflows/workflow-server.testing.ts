import { type RunProgress, taskQueue, workflowType } from '@ddad/contract';
import type { ObjectStore } from '@ddad/storage';
import { memoryStore } from '@ddad/storage/testing';
import { Client, WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { expect } from 'vitest';
import type { Activities } from '../activities/index.ts';
import { addDataset } from '../datasets.testing.ts';
import { ensureSearchAttributes } from '../search-attributes.ts';
import { startTemporalServer } from '../temporal-server.testing.ts';
import { createWorkers } from '../worker.ts';
import { workflowBundle } from '../workflow-bundle.ts';
import { fakeActivities } from './fake-activities.testing.ts';

/** The smallest run on dataset `tiny`; `plain` has neither unlabeled nor test images. */
export const small = { dataset: 'tiny', k: 2, batchSize: 4, refiner: { batchSize: 2 } };

/** The workflow on a real Temporal server, with activities that tests put in the place of the coordinator's. */
export interface WorkflowServer {
  readonly client: Client;
  readonly store: ObjectStore;
  /** True where the server knows our search attributes. */
  readonly searchAttributes: boolean;
  /** Starts anew with fake activities that succeed at once; a test replaces what it is about. */
  reset(): Activities;
  start(input: unknown): Promise<WorkflowHandle>;
  dispose(): Promise<void>;
}

export async function startWorkflowServer(): Promise<WorkflowServer> {
  Runtime.install({ logger: new DefaultLogger('ERROR'), shutdownSignals: [] });
  const server = await startTemporalServer();
  const client = new Client({ connection: server.connection });
  const searchAttributes = await ensureSearchAttributes(server.connection, 'default');
  const store = memoryStore();
  await addDataset(store, 'tiny');
  await addDataset(store, 'plain', { unlabeled: { labels: 'none' }, test: { labels: 'none' } });
  const fresh = () => fakeActivities({ store, searchAttributes, heartbeatTimeoutMs: 10_000 });
  let fakes = fresh();
  const workers = await createWorkers({
    connection: server.connection,
    namespace: 'default',
    // Many heartbeats within the timeout: a machine with other work must not lose an activity.
    hearMs: 250,
    workflowBundle: await workflowBundle(new DefaultLogger('ERROR')),
    activities: {
      plan: (raw) => fakes.plan(raw),
      planMembers: (run, wanted) => fakes.planMembers(run, wanted),
      planScoring: (run, keys) => fakes.planScoring(run, keys),
      trainMember: (args) => fakes.trainMember(args),
      makeMaps: (args) => fakes.makeMaps(args),
      refine: (args) => fakes.refine(args),
      report: (facts) => fakes.report(facts),
    },
  });
  const running = workers.run();
  let runs = 0;
  return {
    client,
    store,
    searchAttributes,
    reset() {
      fakes = fresh();
      return fakes;
    },
    start(input) {
      runs += 1;
      return client.workflow.start(workflowType, { taskQueue, workflowId: `run-${runs}`, args: [input] });
    },
    async dispose() {
      workers.stop();
      await running;
      await server.dispose();
    },
  };
}

/** Why a run failed. */
export async function failureOf(handle: WorkflowHandle): Promise<Error> {
  const error: unknown = await handle.result().then(
    () => expect.fail('the run did not fail'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof WorkflowFailedError) || error.cause === undefined) throw error;
  return error.cause;
}

/** Waits until the run's progress is as wanted. */
export async function progressUntil(
  handle: WorkflowHandle,
  wanted: (progress: RunProgress) => boolean,
): Promise<RunProgress> {
  let progress: RunProgress | null = null;
  await expect
    .poll(
      async () => {
        progress = await handle.query<RunProgress>('progress');
        return wanted(progress);
      },
      { timeout: 20_000, interval: 50 },
    )
    .toBe(true);
  return progress!;
}

/** Replays what the server recorded with the code as it is now. */
export async function expectReplays(handle: WorkflowHandle): Promise<void> {
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
