import { workerIdSchema } from '@ddad/contract';
import { JobError, type JobFinished, streamJob } from '@ddad/rpc';
import type { JobListener } from './dispatch/job-link.ts';
import { watchSilence } from './silence.ts';

/** The call of a streaming method, as the generated clients return it. */
export type JobStream = Parameters<typeof streamJob>[0];

/** How long a worker may be silent, in ms. */
export interface CallLimits {
  /** Until it accepts or refuses. */
  acceptMs: number;
  /** Between two events after that: it gives a sign of life every 10 s. */
  silenceMs: number;
}

export const callLimits: CallLimits = { acceptMs: 30_000, silenceMs: 60_000 };

/** A worker took a job and then said nothing more: it may still work on it, or never will. */
export class SilentWorker extends JobError {
  constructor(silenceMs: number) {
    const message = `it has a job and gave no sign of life for ${silenceMs / 1000} s`;
    super('failed', message, { transport: true, lost: true });
  }
}

/** Whether a call ended for its worker's silence; whoever names the worker keeps the error as cause. */
export function isSilence(error: unknown): boolean {
  return error instanceof SilentWorker || (error instanceof JobError && error.cause instanceof SilentWorker);
}

/**
 * Follows a job's stream to its end, which may last for days. Keepalive finds a peer that is gone; one that is there and
 * says nothing is given up after `limits`.
 * @throws JobError; the signal's reason once it is aborted.
 */
export async function followCall(
  call: JobStream,
  listener: JobListener,
  signal: AbortSignal,
  limits: CallLimits = callLimits,
): Promise<JobFinished> {
  const { acceptMs, silenceMs } = limits;
  const gaveUp = new AbortController();
  const deadline = setTimeout(() => {
    const message = `no answer within ${acceptMs / 1000} s`;
    gaveUp.abort(new JobError('failed', message, { transport: true, lost: true }));
  }, acceptMs);
  let silence: ReturnType<typeof watchSilence> | null = null;
  let taken = false;
  try {
    let finished: JobFinished | null = null;
    for await (const step of streamJob(call, AbortSignal.any([signal, gaveUp.signal]))) {
      clearTimeout(deadline);
      silence ??= watchSilence(silenceMs, () => gaveUp.abort(new SilentWorker(silenceMs)));
      silence.heard();
      if (step.$case === 'accepted') {
        taken = true;
        listener.accepted(nameOf(step.value.worker));
      } else if (step.$case === 'finished') finished = step.value;
      else if (step.$case === 'progress') {
        const { done, total, loss, imagesPerSecond } = step.value;
        listener.progress({ done, total, loss: loss ?? null, imagesPerSecond });
      }
    }
    if (finished === null) throw new JobError('failed', 'the stream ended without a result');
    return finished;
  } catch (error) {
    // What fell silent is told apart already.
    if (!taken || !(error instanceof JobError) || !error.lost || isSilence(error)) throw error;
    const { kind, transport, lost, cause } = error;
    const message = `it was lost with the job that it had taken (${error.message}); a job that needs more memory than its container has ends it so`;
    throw new JobError(kind, message, { cause, transport, lost, taken });
  } finally {
    clearTimeout(deadline);
    silence?.end();
  }
}

/** A worker's name travels on through Temporal and NATS: what is none is not passed on. */
function nameOf(worker: string): string {
  return workerIdSchema.safeParse(worker).success ? worker : 'unknown';
}
