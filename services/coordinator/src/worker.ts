import { taskQueue } from '@ddad/contract';
import { type InjectedSinks, type NativeConnection, Worker, type WorkerOptions } from '@temporalio/worker';
import type { Activities } from './activities/index.ts';
import { noAudit } from './audit-history.ts';
import { briefFailures } from './brief-failures.ts';
import { cancelLimits } from './cancel-limits.ts';
import { activityQueues } from './task-queues.ts';
import type { TemporalTracing } from './temporal-tracing.ts';
import type { AuditSinks } from './workflows/audit-sinks.ts';

export interface CoordinatorWorkers {
  /** Works until `stop`; rejects where a worker fails for good, once all have ended. */
  run(): Promise<void>;
  /** Takes no new work and lets go of what is under way. */
  stop(): void;
}

export interface WorkerDeps {
  connection: NativeConnection;
  namespace: string;
  activities: Activities;
  workflowBundle: NonNullable<WorkerOptions['workflowBundle']>;
  /** Longest time between two heartbeats of an activity, in ms: how soon it hears of its cancellation. */
  hearMs?: number;
  /** Has runs traced; the bundle is to be one that was made for it. */
  tracing?: TemporalTracing | undefined;
  /** Hears who starts and cancels what. */
  audit?: InjectedSinks<AuditSinks>;
}

/**
 * Nodes that may wait at a time: an activity that waits costs next to nothing, and a run whose nodes are finished must not
 * wait behind those of others that are not.
 */
const waitingNodes = 4000;

/** Builds one worker per task queue. Long jobs have queues of their own, so that they never block short activities. */
export async function createWorkers(deps: WorkerDeps): Promise<CoordinatorWorkers> {
  const {
    connection,
    namespace,
    activities,
    workflowBundle,
    tracing,
    audit = noAudit,
    hearMs = cancelLimits.hearMs,
  } = deps;
  const { make, makePage, ...short } = activities;
  const common = {
    connection,
    namespace,
    maxHeartbeatThrottleInterval: hearMs,
    defaultHeartbeatThrottleInterval: hearMs,
    // An activity lets go of its job as soon as it hears of the shutdown: nothing to wait for before.
    shutdownGraceTime: 0,
    shutdownForceTime: '20s',
    // A span tells of the brief failure: tracing comes first.
    interceptors: { activity: [...(tracing?.activity ?? []), () => ({ inbound: briefFailures })] },
    sinks: { ...tracing?.sinks, ...audit },
  } satisfies Partial<WorkerOptions>;
  const workers: Worker[] = [];
  try {
    workers.push(
      await Worker.create({
        ...common,
        taskQueue,
        workflowBundle,
        activities: short,
        shutdownGraceTime: '5s',
      }),
      await Worker.create({
        ...common,
        taskQueue: activityQueues.train,
        activities: { make },
        maxConcurrentActivityTaskExecutions: waitingNodes,
      }),
      await Worker.create({
        ...common,
        taskQueue: activityQueues.score,
        activities: { make, makePage },
        maxConcurrentActivityTaskExecutions: waitingNodes,
      }),
    );
  } catch (error) {
    // A worker that never ran is closed by running it to its end.
    await Promise.allSettled(workers.map((worker) => worker.runUntil(Promise.resolve())));
    throw error;
  }
  const stop = () => {
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
  };
  return {
    stop,
    async run() {
      const ends = await Promise.allSettled(
        workers.map(async (worker) => {
          try {
            await worker.run();
          } finally {
            // One without the others would leave runs half served.
            stop();
          }
        }),
      );
      const failed = ends.find((end) => end.status === 'rejected');
      if (failed !== undefined) throw failed.reason;
    },
  };
}
