import { experimentType, taskQueue, workflowType } from '@ddad/contract';
import { type AuditEntry, createLogger } from '@ddad/platform';
import type { ObjectStore } from '@ddad/storage';
import { memoryStore } from '@ddad/storage/testing';
import { Client, type WorkflowHandle } from '@temporalio/client';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import type { Activities } from '../activities/index.ts';
import { auditSinks } from '../audit-history.ts';
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
  /** Who started and cancelled what so far. */
  readonly audited: readonly AuditEntry[];
  /** Starts anew with fake activities that succeed at once; a test replaces what it is about. */
  reset(): Activities;
  /** @param workflowId one of its own for every run unless given */
  start(input: unknown, workflowId?: string): Promise<WorkflowHandle>;
  /** @param workflowId one of its own for every experiment unless given */
  startExperiment(input: unknown, workflowId?: string): Promise<WorkflowHandle>;
  dispose(): Promise<void>;
}

/** Many heartbeats within the timeout: a machine with other work must not lose an activity. */
const patient = { heartbeatTimeoutMs: 10_000, hearMs: 250 };

export async function startWorkflowServer({
  heartbeatTimeoutMs,
  hearMs,
}: {
  heartbeatTimeoutMs: number;
  /** Time to hear of a cancellation; the coordinator's own unless given. */
  hearMs?: number;
} = patient): Promise<WorkflowServer> {
  Runtime.install({ logger: new DefaultLogger('ERROR'), shutdownSignals: [] });
  const server = await startTemporalServer();
  const client = new Client({ connection: server.connection, identity: 'ada@ward-7' });
  const audited: AuditEntry[] = [];
  const searchAttributes = await ensureSearchAttributes(server.connection, 'default');
  const store = memoryStore();
  await addDataset(store, 'tiny');
  await addDataset(store, 'plain', { unlabeled: { labels: 'none' }, test: { labels: 'none' } });
  const fresh = () => fakeActivities({ store, searchAttributes, heartbeatTimeoutMs });
  let fakes = fresh();
  const workers = await createWorkers({
    connection: server.connection,
    namespace: 'default',
    ...(hearMs === undefined ? {} : { hearMs }),
    audit: auditSinks(
      server.connection,
      (entry) => void audited.push(entry),
      createLogger('coordinator', 'silent'),
    ),
    workflowBundle: await workflowBundle({ logger: new DefaultLogger('ERROR'), made: process.env.WORKFLOWS }),
    activities: {
      plan: (raw) => fakes.plan(raw),
      replan: (basis) => fakes.replan(basis),
      grow: (basis, k) => fakes.grow(basis, k),
      make: (args) => fakes.make(args),
      publishReport: (facts, evaluation) => fakes.publishReport(facts, evaluation),
      makePage: (args) => fakes.makePage(args),
      logToMlflow: (result, workflowId) => fakes.logToMlflow(result, workflowId),
      planExperiment: (raw) => fakes.planExperiment(raw),
      foresee: (raw) => fakes.foresee(raw),
      publishExperiment: (experiment) => fakes.publishExperiment(experiment),
    },
  });
  const running = workers.run();
  let runs = 0;
  return {
    client,
    store,
    searchAttributes,
    audited,
    reset() {
      fakes = fresh();
      return fakes;
    },
    start(input, workflowId = `run-${++runs}`) {
      return client.workflow.start(workflowType, { taskQueue, workflowId, args: [input] });
    },
    startExperiment(input, workflowId = `experiment-${++runs}`) {
      return client.workflow.start(experimentType, { taskQueue, workflowId, args: [input] });
    },
    async dispose() {
      workers.stop();
      await running;
      await server.dispose();
    },
  };
}
