import { JobError } from '@ddad/rpc';
import { StoreError } from '@ddad/storage';
import { Context } from '@temporalio/activity';
import { ApplicationFailure, TemporalFailure } from '@temporalio/common';
import type { ActivityInboundCallsInterceptor } from '@temporalio/worker';
import { failureTypes } from './failure-types.ts';

/**
 * Attempts after which a store that refuses counts as one that will go on refusing: by the retry policy's intervals
 * after about two minutes, in which an operator may mend the credentials, or a store may have started.
 */
const mostRefusals = 8;

/** Knows itself when to give up (see Setbacks): its attempts may have ended for many reasons. */
const patient = 'make';

const mostMessage = 1000;
const mostCauseMessage = 400;
const mostCauses = 3;

/** Has every activity end with a failure that Temporal can keep. */
export const briefFailures: ActivityInboundCallsInterceptor = {
  async execute(input, next) {
    try {
      return await next(input);
    } catch (error) {
      const { activityType, attempt } = Context.current().info;
      throw brief(error, activityType !== patient && attempt >= mostRefusals);
    }
  },
};

/**
 * A failure without stacks (they are in the log) and with short messages: of one beyond 4 KiB that is to be retried, the
 * server keeps nothing but "Failure exceeds size limit."
 * @param last true where a store that refuses is not to be asked again
 */
export function brief(error: unknown, last: boolean): unknown {
  if (!(error instanceof Error)) return error;
  // A cancellation, and the SDK's own ways to end an activity.
  if (error instanceof TemporalFailure && !(error instanceof ApplicationFailure)) return error;
  if (error.name === 'CompleteAsyncError') return error;
  const failure = shortened(error, mostMessage, mostCauses);
  if (!isRefusal(error)) return failure;
  return withoutStack({
    message: failure.message,
    type: failureTypes.storeRefused,
    nonRetryable: last,
    ...(failure.cause === undefined ? {} : { cause: failure.cause }),
  });
}

function shortened(error: Error, most: number, causes: number): ApplicationFailure {
  const { message, cause } = error;
  const given = error instanceof ApplicationFailure ? error : null;
  return withoutStack({
    message: message.length > most ? `${message.slice(0, most)}...` : message,
    type: given?.type ?? error.name,
    nonRetryable: given?.nonRetryable ?? false,
    ...(given?.details == null ? {} : { details: given.details }),
    ...(given?.nextRetryDelay == null ? {} : { nextRetryDelay: given.nextRetryDelay }),
    ...(cause instanceof Error && causes > 0
      ? { cause: shortened(cause, mostCauseMessage, causes - 1) }
      : {}),
  });
}

function withoutStack(options: Parameters<typeof ApplicationFailure.create>[0]): ApplicationFailure {
  const failure = ApplicationFailure.create(options);
  failure.stack = '';
  return failure;
}

/** Whether the object store refuses what was asked of it, here or at the service that did the job. */
function isRefusal(error: unknown): boolean {
  if (error instanceof ApplicationFailure) return !error.nonRetryable && isRefusal(error.cause);
  return (
    (error instanceof StoreError && error.refused) || (error instanceof JobError && error.kind === 'denied')
  );
}
