import { JobError } from '@ddad/rpc';
import { ApplicationFailure } from '@temporalio/common';
import { failureTypes } from './failure-types.ts';

/**
 * Whether the job may be to blame, or its worker: which of them, other workers show. A call that was lost says nothing of either, but
 * for one whose worker had taken the job, which may have killed it: in Kubernetes a container that needs too much memory dies as a
 * whole.
 */
export function mayBeToBlame({ kind, lost, taken }: JobError): boolean {
  return (kind === 'failed' || kind === 'denied') && (!lost || taken);
}

/** How each way in which a job ends badly is told to Temporal. */
const failureOf = {
  invalid: { type: failureTypes.invalidJob, nonRetryable: true },
  diverged: { type: failureTypes.diverged, nonRetryable: true },
  busy: { type: 'Busy', nonRetryable: false },
  superseded: { type: 'Superseded', nonRetryable: false },
  stopped: { type: 'Stopped', nonRetryable: false },
  leaving: { type: 'WorkerLeft', nonRetryable: false },
  denied: { type: failureTypes.storeRefused, nonRetryable: false },
  failed: { type: 'JobFailed', nonRetryable: false },
} as const satisfies Record<JobError['kind'], { type: string; nonRetryable: boolean }>;

/**
 * A job's error as the failure that Temporal sees: invalid and diverged jobs are not retried, the others are.
 * @param what names the job, for people: `encoder 0 (key 12ab…)`.
 * @returns what is no JobError goes through unchanged.
 */
export function toTemporalFailure(error: unknown, what: string): unknown {
  if (!(error instanceof JobError)) return error;
  const { type, nonRetryable } = failureOf[error.kind];
  return ApplicationFailure.create({
    message: `${what}: ${error.message}`,
    type,
    nonRetryable,
    cause: error,
  });
}
