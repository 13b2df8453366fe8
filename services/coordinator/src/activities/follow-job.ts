import type { JobProgress } from '@ddad/contract';
import type { JobFinished } from '@ddad/rpc';
import { ApplicationFailure, CancelledFailure, Context } from '@temporalio/activity';
import type { Ticket } from '../dispatcher.ts';
import { toTemporalFailure } from '../job-failures.ts';

export interface FollowOptions {
  /** Names the job, for people. */
  what: string;
  /** Time between heartbeats, in ms. */
  beatMs: number;
  /** What the heartbeats carry beside the progress, for the activity's next attempt. */
  carried?: () => object;
  /** Called with every heartbeat. */
  onBeat?: (progress: JobProgress) => void;
}

/**
 * Follows a job to its end, with heartbeats that carry its progress, while it waits as well. A cancelled activity stops
 * the job and waits until its worker is idle; one whose coordinator shuts down lets the job run on for the next one.
 */
export async function followJob(ticket: Ticket, options: FollowOptions): Promise<JobFinished> {
  const context = Context.current();
  const beat = () => {
    const progress = ticket.progress();
    context.heartbeat({ ...progress, ...options.carried?.() });
    options.onBeat?.(progress);
  };
  beat();
  const beating = setInterval(beat, options.beatMs);
  try {
    return await Promise.race([ticket.outcome, context.cancelled]);
  } catch (error) {
    if (!context.cancellationSignal.aborted) throw toTemporalFailure(error, options.what);
    if (context.cancellationDetails?.workerShutdown) {
      ticket.release();
      // At once: a trainer keeps a job that nobody follows for 30 s only.
      throw ApplicationFailure.create({
        message: `${options.what}: the coordinator shuts down, the job runs on for the next one`,
        type: 'CoordinatorLeft',
        nextRetryDelay: '1s',
      });
    }
    await ticket.cancel();
    // As far as its checkpoint goes, which a run that is paused shows.
    const message = error instanceof Error ? error.message : 'cancelled';
    throw new CancelledFailure(message, [ticket.progress()]);
  } finally {
    clearInterval(beating);
  }
}
