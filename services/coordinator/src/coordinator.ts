import type { JobProgress } from '@ddad/contract';
import { type Logger, Registry } from '@ddad/platform';
import type { ScorerServiceClient, TrainerServiceClient } from '@ddad/rpc';
import type { DatasetCache, ObjectStore } from '@ddad/storage';
import { type Activities, createActivities } from './activities/index.ts';
import { defaultPatience, type Patience } from './activities/setbacks.ts';
import { attemptNumbers } from './attempts.ts';
import { cancelLimits } from './cancel-limits.ts';
import type { Clock } from './clock.ts';
import { coordinatorMetrics } from './coordinator-metrics.ts';
import { DatasetCatalog } from './dataset-catalog.ts';
import type { WorkerEntry } from './dispatch/job-link.ts';
import { Dispatcher } from './dispatcher.ts';
import { ProgressSignals, type SendProgress } from './progress-signals.ts';
import { type ScorerJob, ScorerLink, scorerEntry, takingTurns } from './scorer-link.ts';
import { TrainerLink, type TrainJob } from './trainer-link.ts';

export interface CoordinatorDeps {
  store: ObjectStore;
  /** Gives the files of datasets' pixels. */
  datasets: Pick<DatasetCache, 'pixels'>;
  /** A client of the scorer at host:port; the coordinator closes it. */
  connectScorer: (address: string) => ScorerServiceClient;
  /** A client of the trainer at host:port; the coordinator closes it. */
  connectTrainer: (address: string) => TrainerServiceClient;
  publish: (key: string, progress: JobProgress) => void;
  sendProgress: SendProgress;
  /** True where Temporal knows our search attributes. */
  searchAttributes: boolean;
  heartbeatTimeoutMs: number;
  progressIntervalMs: number;
  /** When a member that fails again and again counts as failed for good. */
  patience?: Patience;
  /** Longest time between two heartbeats of an activity, in ms: how soon it hears of its cancellation. */
  hearMs?: number;
  /** For how old a run is and when it is told of its progress. */
  clock?: Clock;
  /** Takes what those who run the coordinator look at. */
  registry?: Registry;
  logger: Logger;
}

export interface Coordinator {
  activities: Activities;
  /** Takes the trainers that are there now. */
  setTrainers(entries: readonly WorkerEntry[]): void;
  /** Takes the addresses (host:port) of the scorers that are there now. */
  setScorers(addresses: readonly string[]): void;
  /** Who trains, and who does not. */
  trainers: Pick<Dispatcher<TrainJob>, 'workers' | 'busy'>;
  /** Lets go of every job; none is stopped. */
  close(): void;
}

/** Builds the coordinator's working parts. Opens nothing. */
export function createCoordinator(deps: CoordinatorDeps): Coordinator {
  const { store, publish, sendProgress, searchAttributes, heartbeatTimeoutMs, logger } = deps;
  const nextAttempt = attemptNumbers();
  const onWarning = (
    message: string,
    { worker, key, error }: { worker: string; key: string; error: unknown },
  ) => logger.warn({ worker, key, err: error }, message);
  const trainers = new Dispatcher<TrainJob>({
    link: new TrainerLink(deps.connectTrainer),
    nextAttempt,
    onWarning,
    onFinished: () => metrics.memberFinished(),
  });
  const scorers = new Dispatcher<ScorerJob>({
    link: new ScorerLink(deps.connectScorer),
    nextAttempt,
    onWarning,
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
    presentTrainers: () => trainers.workers,
    trainers,
    scorer: scorers,
    withScorer: takingTurns(deps.connectScorer, () => scorers.workers),
    signals,
    publish,
    searchAttributes,
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
    setTrainers: (entries) => trainers.setWorkers(entries),
    setScorers: (addresses) => scorers.setWorkers(addresses.map(scorerEntry)),
    trainers,
    close: () => {
      trainers.close();
      scorers.close();
      signals.close();
    },
  };
}
