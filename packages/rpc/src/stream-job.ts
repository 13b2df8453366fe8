import type { ClientReadableStream } from '@grpc/grpc-js';
import type { JobEvent } from './gen/ddad/v1/job.ts';
import { JobError, toJobError } from './job-error.ts';

/** One event of a job: `{ $case: 'accepted' | 'progress' | 'finished' | 'alive', value }`. */
export type JobStep = NonNullable<JobEvent['event']>;

/**
 * The events of a job, in order, ending after `finished`; to be read once.
 *
 * Call it in the same tick as the method, before the call can end. The call lives exactly as long as it is read:
 * leaving the loop early (`break`, `return`, a throw) cancels it. A cancelled call is not a stopped job: the server
 * lets it run on for a while so that it can be taken over; `Stop` ends it.
 *
 * @param signal ends the reading from outside; the loop then throws the signal's reason.
 * @throws JobError with the gRPC error as cause; also where the server closed the stream without `finished`.
 */
export function streamJob(
  call: ClientReadableStream<{ event?: JobEvent | undefined }>,
  signal?: AbortSignal,
): AsyncIterable<JobStep> {
  // The call's error may come before the first read and after the last one, where the stream's own iterator does not
  // listen: without a listener of ours it would end the process.
  let failure: unknown;
  call.on('error', (error: unknown) => {
    failure ??= error;
  });
  const closed = new Promise<void>((resolve) => call.once('status', () => resolve()));

  const abort = () => call.cancel();
  if (signal?.aborted) abort();
  else signal?.addEventListener('abort', abort, { once: true });
  void closed.then(() => signal?.removeEventListener('abort', abort));

  return readSteps();

  async function* readSteps(): AsyncGenerator<JobStep, void> {
    let finished = false;
    try {
      for await (const message of call as AsyncIterable<{ event?: JobEvent | undefined }>) {
        const step = message.event?.event;
        // Absent where a newer server sends a kind of event that we do not know yet.
        if (step === undefined) continue;
        finished ||= step.$case === 'finished';
        yield step;
      }
      // The status follows the last message.
      await closed;
      if (failure !== undefined) throw failure;
      if (!finished) throw new JobError('failed', "the server closed the job's stream without `finished`");
    } catch (error) {
      const cause = toJobError(error);
      throw signal?.aborted && cause.transport ? signal.reason : cause;
    } finally {
      call.cancel();
    }
  }
}
