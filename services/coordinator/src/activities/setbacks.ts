import { JobError } from '@ddad/rpc';
import { ObjectNotFound, StoreError } from '@ddad/storage';
import { ApplicationFailure } from '@temporalio/activity';

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
}

/** When a member counts as failed for good: after so many setbacks in a row, over so long a time. */
export interface Patience {
  failures: number;
  /** In ms. An object store that is away for minutes fails every attempt and is no member's fault. */
  forMs: number;
}

export const defaultPatience: Patience = { failures: 5, forMs: 600_000 };

export const noSetbacks: Setbacks = { count: 0, since: 0, steps: 0 };

/**
 * Whether a failed attempt may be the member's own fault. A trainer that was lost, left, was busy, or gave the job to
 * somebody else says nothing of the member; nor does an object store that does not answer. One that refuses will go on
 * refusing.
 */
export function isSetback(error: unknown): boolean {
  if (error instanceof ApplicationFailure) {
    // Followed jobs end with these; those that are not retried need no count.
    if (error.nonRetryable || !(error.cause instanceof JobError)) return false;
    return isSetback(error.cause);
  }
  if (error instanceof JobError) return error.kind === 'denied' || (error.kind === 'failed' && !error.lost);
  return !(error instanceof StoreError) || error.refused || error instanceof ObjectNotFound;
}

/** One more setback; a checkpoint newer than at the last one starts the count anew. */
export function addSetback(before: Setbacks, steps: number, now: number): Setbacks {
  const further = before.count === 0 || steps > before.steps;
  return further ? { count: 1, since: now, steps } : { ...before, count: before.count + 1 };
}

export function outOfPatience(setbacks: Setbacks, { failures, forMs }: Patience, now: number): boolean {
  return setbacks.count >= failures && now - setbacks.since >= forMs;
}
