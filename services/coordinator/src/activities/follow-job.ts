import type { JobFinished } from '@ddad/rpc';
import { ApplicationFailure, CancelledFailure, Context } from '@temporalio/activity';
import type { Ticket } from '../dispatcher.ts';
import { toTemporalFailure } from '../job-failures.ts';

/**
 * Follows a job to its end. A cancelled activity stops the job and waits until its worker is idle; one whose coordinator shuts down
 * lets the job run on for the next one. Heartbeats are the caller's: without them it hears of no cancellation.
 * @param what names the job, for people
 */
export async function followJob(ticket: Ticket, what: string): Promise<JobFinished> {
  const context = Context.current();
  try {
    return await Promise.race([ticket.outcome, context.cancelled]);
  } catch (error) {
    if (!context.cancellationSignal.aborted) throw toTemporalFailure(error, what);
    if (context.cancellationDetails?.workerShutdown) {
      ticket.release();
      // At once: a trainer keeps a job that nobody follows for 30 s only.
      throw ApplicationFailure.create({
        message: `${what}: the coordinator shuts down, the job runs on for the next one`,
        type: 'CoordinatorLeft',
        nextRetryDelay: '1s',
      });
    }
    await ticket.cancel();
    // As far as its checkpoint goes, which a run that is paused shows.
    const message = error instanceof Error ? error.message : 'cancelled';
    throw new CancelledFailure(message, [ticket.progress()]);
  }
}
