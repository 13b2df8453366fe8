import { type JobProgress, type Pool, waitingProgress } from '@ddad/contract';
import type { JobFinished } from '@ddad/rpc';
import { StoreError } from '@ddad/storage';
import { ApplicationFailure, Context } from '@temporalio/activity';
import type { WorkerJob } from '../dispatch/job-link.ts';
import type { Dispatcher, Ticket } from '../dispatcher.ts';
import { failureTypes } from '../failure-types.ts';
import { withoutStack } from '../without-stack.ts';
import { beating } from './beating.ts';
import { followJob } from './follow-job.ts';
import {
  addSetback,
  describeSetbacks,
  failedOn,
  isSetback,
  noSetbacks,
  outOfPatience,
  type Patience,
  type Setbacks,
} from './setbacks.ts';

/** What one attempt of an activity leaves to the next one, in its heartbeat details. */
export interface Carried {
  setbacks: Setbacks;
}

/** What the attempt before left. */
export function carriedBefore<C extends Carried>(): Partial<C> & Carried {
  const before = (Context.current().info.heartbeatDetails ?? {}) as Partial<C>;
  return { ...before, setbacks: before.setbacks ?? noSetbacks };
}

export interface AttemptDeps {
  workers: Record<Pool, Dispatcher<WorkerJob>>;
  /** Time between heartbeats, in ms. */
  beatMs: number;
  /** When a job that fails again and again counts as failed for good. */
  patience: Patience;
  now: () => number;
}

/** The job of an activity. */
export interface AttemptedJob {
  /** For people. */
  id: string;
  pool: Pool;
  /** Units of work. */
  total: number;
  /** How far its newest checkpoint is, in training steps: what is further than before is no setback. */
  steps: () => Promise<number>;
}

/** Follows the job of a key to its end. @param onBeat called with every heartbeat until then */
export type Follow = (
  key: string,
  ticket: Ticket,
  onBeat?: (progress: JobProgress) => void,
) => Promise<JobFinished>;

/**
 * One attempt of an activity that has a job made. Its heartbeats carry the job's progress and `carried` from its beginning to its end,
 * before there is a job and after it failed as well. What may be the job's own fault is counted in `carried` for the next attempt;
 * once there is too much of it the job has failed for good (see Setbacks), attempts are not limited otherwise.
 * @param work what the attempt does; it may change what is carried
 * @throws ApplicationFailure of type NoProgress, which no retry mends, where patience is at its end; else what `work` throws
 */
export async function attemptJob<T>(
  deps: AttemptDeps,
  job: AttemptedJob,
  carried: Carried,
  work: (follow: Follow) => Promise<T>,
): Promise<T> {
  const context = Context.current();
  let progress = () => waitingProgress(job.total);
  let listener: ((progress: JobProgress) => void) | undefined;
  let worker: string | null = null;
  const beat = () => {
    const now = progress();
    context.heartbeat({ ...now, ...carried });
    listener?.(now);
  };
  const follow: Follow = async (key, ticket, onBeat) => {
    progress = () => ticket.progress();
    listener = onBeat;
    beat();
    try {
      return await followJob(ticket, `${job.id} (key ${key})`);
    } finally {
      listener = undefined;
      worker = ticket.worker;
    }
  };
  return beating(
    deps.beatMs,
    async () => {
      try {
        return await work(follow);
      } catch (error) {
        if (context.cancellationSignal.aborted || !isSetback(error)) throw error;
        const ended = await withSetback(deps, job, carried, worker, error);
        beat();
        throw ended;
      }
    },
    beat,
  );
}

/** Counts a failure, for the next attempt to know. @returns what this attempt ends with */
async function withSetback(
  { workers, patience, now: clock }: AttemptDeps,
  { id, pool, ...job }: AttemptedJob,
  carried: Carried,
  worker: string | null,
  error: unknown,
): Promise<unknown> {
  let steps: number;
  try {
    steps = await job.steps();
  } catch (unread) {
    // Where the store does not answer, what failed may have failed for that reason.
    if (!(unread instanceof StoreError && unread.refused)) return error;
    steps = carried.setbacks.steps;
  }
  const now = clock();
  const message = withoutStack(error instanceof Error ? error.message : String(error));
  const setbacks = addSetback(carried.setbacks, steps, now, { worker, message });
  carried.setbacks = setbacks;
  const othersThere = workers[pool].hasOthersThan(failedOn(setbacks));
  if (!outOfPatience(setbacks, patience, now, othersThere)) return error;
  return ApplicationFailure.create({
    message: `${id}: ${describeSetbacks(setbacks, now)}`,
    type: failureTypes.noProgress,
    nonRetryable: true,
    ...(error instanceof Error ? { cause: error } : {}),
  });
}
