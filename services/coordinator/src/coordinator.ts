import type { JobProgress, Pool, WorkerEntry, WorkerState } from '@ddad/contract';
import type { MethodRegistry } from '@ddad/methods';
import { type Logger, Registry } from '@ddad/platform';
import type { WorkerServiceClient } from '@ddad/rpc';
import type { DatasetCache, ObjectStore } from '@ddad/storage';
import { noTracing, type Tracing } from '@ddad/tracing';
import { type Activities, createActivities } from './activities/index.ts';
import type { MlflowLogging } from './activities/log-to-mlflow.ts';
import { defaultPatience, type Patience } from './activities/setbacks.ts';
import { attemptNumbers } from './attempts.ts';
import { cancelLimits } from './cancel-limits.ts';
import type { Clock } from './clock.ts';
import { coordinatorMetrics } from './coordinator-metrics.ts';
import { DatasetCatalog } from './dataset-catalog.ts';
import type { SetAside } from './dispatch/failure-ledger.ts';
import type { WorkerJob } from './dispatch/job-link.ts';
import { Dispatcher } from './dispatcher.ts';
import type { CallLimits } from './job-call.ts';
import { MeasuredWork } from './measured-work.ts';
import { ProgressSignals, type SendProgress } from './progress-signals.ts';
import { WorkerLink } from './worker-link.ts';
import { workerStates } from './worker-states.ts';

export interface CoordinatorDeps {
  store: ObjectStore;
  /** Gives the files of datasets' pixels. */
  datasets: Pick<DatasetCache, 'pixels'>;
  methods: MethodRegistry;
  /** A client of the worker at host:port; the coordinator closes it. */
  connectWorker: (address: string) => Promise<WorkerServiceClient>;
  publish: (key: string, progress: JobProgress) => void;
  sendProgress: SendProgress;
  /** True where Temporal knows our search attributes. */
  searchAttributes: boolean;
  /** Address of the progress pages, as people reach them, for links in the Temporal UI. */
  pages?: string | undefined;
  /** Where finished runs are logged; absent: nowhere. */
  mlflow?: MlflowLogging | undefined;
  heartbeatTimeoutMs: number;
  progressIntervalMs: number;
  /** When a node that fails again and again counts as failed for good. */
  patience?: Patience;
  /** Longest time between two heartbeats of an activity, in ms: how soon it hears of its cancellation. */
  hearMs?: number;
  /** How long a worker that has a job may be silent. */
  callLimits?: CallLimits;
  /** For how old a run is and when it is told of its progress. */
  clock?: Clock;
  /** Takes what those who run the coordinator look at. */
  registry?: Registry;
  /** Takes the spans of calls to workers. */
  tracing?: Tracing;
  logger: Logger;
}

export interface Coordinator {
  activities: Activities;
  /** Takes the workers that are there now, of both pools. */
  setWorkers(entries: readonly WorkerEntry[]): void;
  /** Who trains, and who does not. */
  trainers: Pick<Dispatcher<WorkerJob>, 'workers' | 'busy'>;
  /** How each worker is, of both pools. */
  workerStates(): WorkerState[];
  /** Lets go of every job; none is stopped. */
  close(): void;
}

/** Builds the coordinator's working parts. Opens nothing. */
export function createCoordinator(deps: CoordinatorDeps): Coordinator {
  const { store, publish, sendProgress, searchAttributes, heartbeatTimeoutMs, logger } = deps;
  const { tracing = noTracing } = deps;
  const nextAttempt = attemptNumbers();
  const onWarning = (
    message: string,
    { worker, key, error }: { worker: string; key: string; error: unknown },
  ) => logger.warn({ worker, key, err: error }, message);
  const onSetAside =
    (pool: Pool) =>
    ({ worker, until, pauses, cause }: SetAside, key: string) => {
      metrics.workerSetAside(pool);
      const details = { worker, pool, key, cause, pauses, until: new Date(until).toISOString() };
      logger.warn(details, 'a worker that fails what others make is set aside');
    };
  const trainers = new Dispatcher<WorkerJob>({
    link: new WorkerLink(deps.connectWorker, 'trainer', deps.callLimits, tracing),
    nextAttempt,
    onWarning,
    onFinished: () => metrics.memberFinished(),
    onSetAside: onSetAside('train'),
  });
  const scorers = new Dispatcher<WorkerJob>({
    link: new WorkerLink(deps.connectWorker, 'scorer', deps.callLimits, tracing),
    nextAttempt,
    onWarning,
    onSetAside: onSetAside('score'),
  });
  const metrics = coordinatorMetrics(deps.registry ?? new Registry(), { trainers, scorers });
  const signals = new ProgressSignals({
    send: sendProgress,
    intervalMs: deps.progressIntervalMs,
    ...(deps.clock === undefined ? {} : { clock: deps.clock }),
    onWarning: (message, error) => logger.warn({ err: error }, message),
  });
  const activities = createActivities({
    store,
    catalog: new DatasetCatalog(store, deps.datasets),
    methods: deps.methods,
    measured: new MeasuredWork(store),
    presentTrainers: () => trainers.workers,
    workers: { train: trainers, score: scorers },
    signals,
    publish,
    tracing,
    searchAttributes,
    pages: deps.pages,
    mlflow: deps.mlflow,
    heartbeatTimeoutMs,
    // Four signs of life within the timeout, and as often as a cancellation is to be heard of.
    beatMs: Math.min(deps.hearMs ?? cancelLimits.hearMs, heartbeatTimeoutMs / 4),
    onDamage: (damage) =>
      logger.warn({ ...damage }, 'a published artifact is damaged: set aside, to be made again'),
    patience: deps.patience ?? defaultPatience,
    now: Date.now,
  });
  return {
    activities,
    setWorkers(entries) {
      trainers.setWorkers(entries.filter(({ pool }) => pool === 'train'));
      scorers.setWorkers(entries.filter(({ pool }) => pool === 'score'));
    },
    trainers,
    workerStates: () => [trainers, scorers].flatMap(workerStates),
    close: () => {
      trainers.close();
      scorers.close();
      signals.close();
    },
  };
}
