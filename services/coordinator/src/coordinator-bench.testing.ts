import {
  forecastType,
  type JobProgress,
  type RunForecast,
  taskQueue,
  type WorkerEntry,
  workflowType,
} from '@ddad/contract';
import { methods } from '@ddad/methods';
import { createLogger } from '@ddad/platform';
import { connectWorker } from '@ddad/rpc';
import type { ObjectStore } from '@ddad/storage';
import { memoryStore } from '@ddad/storage/testing';
import { noTracing } from '@ddad/tracing';
import { Client, WorkflowFailedError, type WorkflowHandle, WorkflowNotFoundError } from '@temporalio/client';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { type Coordinator, type CoordinatorDeps, createCoordinator } from './coordinator.ts';
import { addDataset, datasetCache } from './datasets.testing.ts';
import { startWorker } from './fake-services.testing.ts';
import { nodeProgressSignal } from './node-progress.ts';
import { startTemporalServer } from './temporal-server.testing.ts';
import { temporalTracing } from './temporal-tracing.ts';
import { createWorkers } from './worker.ts';
import { workflowBundle } from './workflow-bundle.ts';

/** A real Temporal server for all benches of a test file. */
export async function startTemporal() {
  Runtime.install({ logger: new DefaultLogger('ERROR'), shutdownSignals: [] });
  const { connection, dispose } = await startTemporalServer();
  // Takes seconds, which no test is to be charged with.
  await workflowBundle({ logger: new DefaultLogger('ERROR') });
  return { connection, client: new Client({ connection }), dispose };
}
export type Temporal = Awaited<ReturnType<typeof startTemporal>>;

/** The smallest run, one-class. */
export const oneClass = {
  dataset: 'tiny',
  k: 2,
  batchSize: 4,
  epochs: 9,
  unlabeled: 0,
  refiner: { batchSize: 2 },
};
const hearMs = 250;
let runs = 0;

function unlessEnded(error: unknown): void {
  if (!(error instanceof WorkflowNotFoundError)) throw error;
}

/** A coordinator's surroundings: a store in memory, a trainer and a scorer whose jobs end when the test says so. */
export async function createBench({ connection, client }: Temporal) {
  const store: ObjectStore = memoryStore();
  await addDataset(store, 'tiny');
  const trainer = await startWorker(store, 't1', 'train');
  const scorer = await startWorker(store, 's1', 'score');
  const live: { key: string; progress: JobProgress }[] = [];
  const started: { stop(): Promise<void> }[] = [];
  const begun: WorkflowHandle[] = [];
  return {
    store,
    trainer,
    scorer,
    /** What was published for whoever watches. */
    live,
    async startCoordinator(trainers: WorkerEntry[], options: Partial<CoordinatorDeps> = {}) {
      const coordinator: Coordinator = createCoordinator({
        store,
        datasets: datasetCache(store),
        methods,
        connectWorker,
        publish: (key, progress) => void live.push({ key, progress }),
        sendProgress: (run, rows) =>
          client.workflow.getHandle(run.workflowId, run.runId).signal(nodeProgressSignal, rows),
        searchAttributes: false,
        // Many heartbeats within the timeout: a machine with other work must not lose an activity.
        heartbeatTimeoutMs: 10_000,
        hearMs,
        progressIntervalMs: 100,
        logger: createLogger('coordinator', 'silent'),
        ...options,
      });
      coordinator.setWorkers([...trainers, scorer.entry]);
      const { tracing = noTracing } = options;
      const traced = tracing.sdk !== null;
      const workers = await createWorkers({
        connection,
        namespace: 'default',
        activities: coordinator.activities,
        hearMs: options.hearMs ?? hearMs,
        workflowBundle: await workflowBundle({ logger: new DefaultLogger('ERROR'), traced }),
        tracing: await temporalTracing(tracing),
      });
      const running = workers.run();
      const one = {
        coordinator,
        async stop() {
          workers.stop();
          await running;
          coordinator.close();
        },
      };
      started.push(one);
      return one;
    },
    async start(input: object = oneClass): Promise<WorkflowHandle> {
      runs += 1;
      const workflowId = `run-${runs}`;
      const handle = await client.workflow.start(workflowType, { taskQueue, workflowId, args: [input] });
      begun.push(handle);
      return handle;
    },
    /** What a run of this input would do. */
    foresee(input: object = oneClass): Promise<RunForecast> {
      runs += 1;
      const workflowId = `foresee-${runs}`;
      return client.workflow.execute(forecastType, { taskQueue, workflowId, args: [input] });
    },
    async close() {
      // A run that a failed test leaves would take the workers of the next one, on the same Temporal server.
      for (const handle of begun) await handle.terminate().catch(unlessEnded);
      for (const one of started) await one.stop();
      await Promise.all([trainer.close(), scorer.close()]);
    },
  };
}
export type Bench = Awaited<ReturnType<typeof createBench>>;

/** Why a run failed. */
export async function causeOfFailure(handle: WorkflowHandle): Promise<unknown> {
  const error: unknown = await handle.result().then(
    () => new Error('the run did not fail'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof WorkflowFailedError)) throw error;
  return error.cause;
}
