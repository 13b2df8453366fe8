import { type JobProgress, jobProgressSchema } from '@ddad/contract';
import {
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  isCancellation,
  rootCause,
  TemporalFailure,
} from '@temporalio/workflow';
import type { DamagedArtifact } from '../damage-report.ts';
import { failureTypes } from '../failure-types.ts';

/**
 * Whether something ended because it was cancelled. An attempt that fails while its cancellation is on its way is not
 * tried again, and so ends with its own failure.
 */
export function isStopped(error: unknown): boolean {
  return (
    isCancellation(error) || (error instanceof ActivityFailure && error.retryState === 'CANCEL_REQUESTED')
  );
}

/** How far an activity's job came that was stopped; null where that is not told. */
export function keptIn(error: unknown): JobProgress | null {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (!(cause instanceof CancelledFailure)) return null;
  const told: unknown = cause.details?.[0];
  return jobProgressSchema.safeParse(told).data ?? null;
}

/** Whether a member's training gave losses that are not finite. */
export function isDivergence(error: unknown): boolean {
  return causeOf(error)?.type === failureTypes.diverged;
}

/** The published artifacts that a stage found damaged; null where it failed for another reason. */
export function damageIn(error: unknown): DamagedArtifact[] | null {
  let cause: unknown = error;
  while (cause instanceof TemporalFailure) {
    if (cause instanceof ApplicationFailure && cause.type === failureTypes.damagedArtifact) {
      return cause.details?.[0] as DamagedArtifact[];
    }
    cause = cause.cause;
  }
  return null;
}

/** Why an activity failed for good, in one line. */
export function reasonOf(error: unknown): string {
  // Their causes are what the last of several attempts ended with, or what led to the finding.
  const cause = causeOf(error);
  const telling: unknown[] = [failureTypes.noProgress, failureTypes.damagedArtifact];
  if (cause !== null && telling.includes(cause.type)) return cause.message;
  if (error instanceof ActivityFailure) return rootCause(error) ?? error.message;
  return error instanceof Error ? error.message : String(error);
}

function causeOf(error: unknown): ApplicationFailure | null {
  const cause = error instanceof ActivityFailure ? error.cause : null;
  return cause instanceof ApplicationFailure ? cause : null;
}

/** An activity's failure for good as the run's own, so that its message is the first that the UI shows. */
export function stageFailure(
  what: string,
  type: string,
  error: unknown,
  { before, after } = { before: '', after: '' },
): unknown {
  if (isStopped(error) || !(error instanceof ActivityFailure)) return error;
  return ApplicationFailure.create({
    message: `${what} failed: ${before}${reasonOf(error)}${after}`,
    type,
    nonRetryable: true,
    cause: error,
  });
}

/** Why a run could not be planned, where that is known, as the run's own failure; other failures go through. */
export function planFailure(error: unknown): unknown {
  const cause = causeOf(error);
  const known: unknown[] = [failureTypes.invalidInput, failureTypes.storeRefused];
  if (cause === null || !known.includes(cause.type)) return error;
  return ApplicationFailure.create({
    message: cause.message,
    ...(cause.type == null ? {} : { type: cause.type }),
    nonRetryable: true,
    details: cause.details ?? [],
  });
}

/**
 * What the workflow ends with. An error that is no failure of Temporal's would be retried for ever: it becomes one.
 * The sandbox's own complaint about non-deterministic code is left alone: a corrected coordinator mends that.
 */
export function workflowFailure(error: unknown): unknown {
  // Only the run's own cancellation gets here: what a pause stops is done again.
  if (isStopped(error) && !isCancellation(error)) return new CancelledFailure('cancelled');
  if (error instanceof TemporalFailure) return error;
  if (error instanceof Error && error.name === 'DeterminismViolationError') return error;
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return ApplicationFailure.create({
    message: `the workflow's own code failed: ${message}`,
    type: failureTypes.workflowDefect,
    nonRetryable: true,
    ...(error instanceof Error ? { cause: error } : {}),
  });
}
