import {
  ActivityFailure,
  ApplicationFailure,
  isCancellation,
  rootCause,
  TemporalFailure,
} from '@temporalio/workflow';
import { failureTypes } from '../failure-types.ts';

/** An activity's failure for good as the run's own, so that its message is the first that the UI shows. */
export function stageFailure(what: string, type: string, error: unknown): unknown {
  if (isCancellation(error) || !(error instanceof ActivityFailure)) return error;
  return ApplicationFailure.create({
    message: `${what} failed: ${rootCause(error) ?? error.message}`,
    type,
    nonRetryable: true,
    cause: error,
  });
}

/** The plan's listing of faults as the run's own failure; other failures go through. */
export function inputFailure(error: unknown): unknown {
  const cause = error instanceof ActivityFailure ? error.cause : undefined;
  if (!(cause instanceof ApplicationFailure) || cause.type !== failureTypes.invalidInput) return error;
  return ApplicationFailure.create({
    message: cause.message,
    type: failureTypes.invalidInput,
    nonRetryable: true,
    details: cause.details ?? [],
  });
}

/**
 * What the workflow ends with. An error that is no failure of Temporal's would be retried for ever: it becomes one.
 * The sandbox's own complaint about non-deterministic code is left alone: a corrected coordinator mends that.
 */
export function workflowFailure(error: unknown): unknown {
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
