import type { JobProgress } from '@ddad/contract';
import type { Logger } from '@ddad/platform';
import type { ScorerServiceClient } from '@ddad/rpc';
import type { ObjectStore } from '@ddad/storage';
import { type Activities, createActivities } from './activities/index.ts';
import { attemptNumbers } from './attempts.ts';
import { DatasetCatalog } from './dataset-catalog.ts';
import { Dispatcher, type WorkerEntry } from './dispatcher.ts';
import { ProgressSignals, type SendProgress } from './progress-signals.ts';
import { type ScorerJob, ScorerLink, scorerEntry } from './scorer-link.ts';
import { TrainerLink, type TrainJob } from './trainer-link.ts';

export interface CoordinatorDeps {
  store: ObjectStore;
  scorer: { address: string; client: ScorerServiceClient };
  publish: (key: string, progress: JobProgress) => void;
  sendProgress: SendProgress;
  /** True where Temporal knows our search attributes. */
  searchAttributes: boolean;
  heartbeatTimeoutMs: number;
  progressIntervalMs: number;
  logger: Logger;
}

export interface Coordinator {
  activities: Activities;
  /** Takes the trainers that are there now. */
  setTrainers(entries: readonly WorkerEntry[]): void;
  /** Lets go of every job; none is stopped. */
  close(): void;
}

/** Builds the coordinator's working parts. Opens nothing. */
export function createCoordinator(deps: CoordinatorDeps): Coordinator {
  const { store, scorer, publish, sendProgress, searchAttributes, heartbeatTimeoutMs, logger } = deps;
  const nextAttempt = attemptNumbers();
  const onWarning = (
    message: string,
    { worker, key, error }: { worker: string; key: string; error: unknown },
  ) => logger.warn({ worker, key, err: error }, message);
  const trainers = new Dispatcher<TrainJob>({ link: new TrainerLink(), nextAttempt, onWarning });
  const scorers = new Dispatcher<ScorerJob>({ link: new ScorerLink(scorer.client), nextAttempt, onWarning });
  scorers.setWorkers([scorerEntry(scorer.address)]);
  const signals = new ProgressSignals({
    send: sendProgress,
    intervalMs: deps.progressIntervalMs,
    onWarning: (message, error) => logger.warn({ err: error }, message),
  });
  const activities = createActivities({
    store,
    catalog: new DatasetCatalog(store),
    trainers,
    scorer: scorers,
    scorerClient: scorer.client,
    signals,
    publish,
    searchAttributes,
    heartbeatTimeoutMs,
    // Four signs of life within the timeout, and every 5 s at least.
    beatMs: Math.min(5_000, heartbeatTimeoutMs / 4),
  });
  return {
    activities,
    setTrainers: (entries) => trainers.setWorkers(entries),
    close: () => {
      trainers.close();
      scorers.close();
      signals.close();
    },
  };
}
