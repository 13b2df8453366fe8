import { JobError, type JobFinished, streamJob } from '@ddad/rpc';
import type { JobListener } from './dispatch/job-link.ts';

/** The call of a streaming method, as the generated clients return it. */
export type JobStream = Parameters<typeof streamJob>[0];

/**
 * Follows a job's stream to its end. The stream itself may last for days (keepalive finds a dead peer), but the first
 * answer has a deadline.
 * @param acceptLimitMs how long the server may take to accept or refuse, in ms.
 * @throws JobError; the signal's reason once it is aborted.
 */
export async function followCall(
  call: JobStream,
  listener: JobListener,
  signal: AbortSignal,
  acceptLimitMs: number,
): Promise<JobFinished> {
  const unanswered = new AbortController();
  const deadline = setTimeout(() => {
    const message = `no answer within ${acceptLimitMs / 1000} s`;
    unanswered.abort(new JobError('failed', message, { transport: true, lost: true }));
  }, acceptLimitMs);
  try {
    let finished: JobFinished | null = null;
    for await (const step of streamJob(call, AbortSignal.any([signal, unanswered.signal]))) {
      clearTimeout(deadline);
      if (step.$case === 'accepted') listener.accepted(step.value.worker);
      else if (step.$case === 'finished') finished = step.value;
      else {
        const { done, total, loss, imagesPerSecond } = step.value;
        listener.progress({ done, total, loss: loss ?? null, imagesPerSecond });
      }
    }
    if (finished === null) throw new JobError('failed', 'the stream ended without a result');
    return finished;
  } finally {
    clearTimeout(deadline);
  }
}
