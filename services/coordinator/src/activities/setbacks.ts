import { JobError } from '@ddad/rpc';
import { ObjectNotFound, StoreError } from '@ddad/storage';
import { ApplicationFailure } from '@temporalio/activity';
import { mayBeToBlame } from '../job-failures.ts';

/**
 * Failures in a row of one member's training that got it no further. They travel from attempt to attempt in the
 * activity's heartbeat details.
 */
export interface Setbacks {
  count: number;
  /** When the first of them happened, in ms since 1970. */
  since: number;
  /** Training steps in the newest checkpoint then. */
  steps: number;
  /** The last failure on each worker, that of the last one at the end; absent where an older coordinator counted. */
  causes?: readonly SetbackCause[];
}

/** Why an attempt failed, and on whom; null where no worker had it. */
export interface SetbackCause {
  worker: string | null;
  message: string;
}

/** Most workers whose causes are kept, and most characters of each: they travel in heartbeats, and into the run's failure. */
const mostCauses = 5;
const mostCause = 1000;

/**
 * When a member counts as failed for good: after so many setbacks in a row, over so long a time, on several workers. Where
 * there is only one, on that one.
 */
export interface Patience {
  failures: number;
  /** In ms. An object store that is away for minutes fails every attempt and is no member's fault. */
  forMs: number;
}

export const defaultPatience: Patience = { failures: 5, forMs: 600_000 };

export const noSetbacks: Setbacks = { count: 0, since: 0, steps: 0 };

/**
 * Whether a failed attempt may be the member's own fault. A trainer that could not be reached, left, was busy, or gave the job to
 * somebody else says nothing of the member; nor does an object store that does not answer. One that refuses will go on
 * refusing. A trainer that was lost with the job counts (see `mayBeToBlame`): patience tells it from nodes that are lost.
 */
export function isSetback(error: unknown): boolean {
  if (error instanceof ApplicationFailure) {
    // Followed jobs end with these; those that are not retried need no count.
    if (error.nonRetryable || !(error.cause instanceof JobError)) return false;
    return isSetback(error.cause);
  }
  if (error instanceof JobError) return mayBeToBlame(error);
  return !(error instanceof StoreError) || error.refused || error instanceof ObjectNotFound;
}

/** One more setback; a checkpoint newer than at the last one starts the count anew. */
export function addSetback(before: Setbacks, steps: number, now: number, cause: SetbackCause): Setbacks {
  const further = before.count === 0 || steps > before.steps;
  const message =
    cause.message.length > mostCause ? `${cause.message.slice(0, mostCause)}...` : cause.message;
  const others = further ? [] : (before.causes ?? []).filter(({ worker }) => worker !== cause.worker);
  const causes = [...others, { ...cause, message }].slice(-mostCauses);
  return further ? { count: 1, since: now, steps, causes } : { ...before, count: before.count + 1, causes };
}

/** Workers on which a member failed since it last got further. */
export function failedOn({ causes = [] }: Setbacks): string[] {
  return causes.flatMap(({ worker }) => worker ?? []);
}

/** @param othersThere whether a worker is there that has not failed it */
export function outOfPatience(
  setbacks: Setbacks,
  { failures, forMs }: Patience,
  now: number,
  othersThere: boolean,
): boolean {
  if (setbacks.count < failures || now - setbacks.since < forMs) return false;
  // What no worker had, as an object that the coordinator itself misses, other workers do not mend.
  const ownCause = setbacks.causes?.at(-1)?.worker === null;
  return failedOn(setbacks).length >= severalWorkers || !othersThere || ownCause;
}

/** Names what happened, for people. */
export function describeSetbacks({ count, steps, since, causes = [] }: Setbacks, now: number): string {
  const minutes = Math.round((now - since) / 60_000);
  const start = `${count} attempts in a row got no further than step ${steps}, over ${minutes} minutes`;
  const before = causes.slice(0, -1).map(({ message }) => `before it, elsewhere: ${message}`);
  return [start, `the last one: ${causes.at(-1)?.message}`, ...before].join('; ');
}

/** On so many workers a job fails that is at fault itself. */
const severalWorkers = 2;
