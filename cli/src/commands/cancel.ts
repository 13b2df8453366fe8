import { setTimeout as pause } from 'node:timers/promises';
import { CommandFailure, noSuchRun, notNow } from '../failure.ts';
import type { Screens } from '../screen.ts';
import type { RunHandle, TemporalRuns } from '../temporal-runs.ts';

/** What `--json` says of a run that is cancelled. */
export interface CancelledRun {
  workflowId: string;
  runId: string;
  status: 'cancelled';
}

const cancelled = ({ id, executionId }: RunHandle): CancelledRun => ({
  workflowId: id,
  runId: executionId,
  status: 'cancelled',
});

/**
 * `ddad cancel`: asks for a run's end and waits until it has come, which is when its trainers are idle again.
 * @param options.limit seconds to wait at most
 * @throws CommandFailure where there is no such run, it ended otherwise, or it has not ended in time
 */
export async function cancelRun(
  deps: { runs: TemporalRuns; screens: Screens },
  options: { run: string; limit: number; interval?: number },
): Promise<CancelledRun> {
  const { runs, screens } = deps;
  const entry = await runs.find(options.run);
  if (entry === null) throw noSuchRun(options.run);
  if (entry.status !== 'running') {
    if (entry.status === 'cancelled') {
      screens.out.write(`${entry.id} was cancelled already\n`);
      return cancelled(entry);
    }
    throw notNow(`${entry.id} cannot be cancelled: it is ${entry.status} already`);
  }
  await runs.requestCancel(entry);
  screens.err.write(`cancelling ${entry.id}, waiting until its trainers are idle ...\n`);
  const deadline = performance.now() + options.limit * 1000;
  for (;;) {
    const status = await runs.status(entry);
    if (status === 'cancelled') {
      screens.out.write(`${entry.id} is cancelled\n`);
      return cancelled(entry);
    }
    if (status !== 'running') throw notNow(`${entry.id} was not cancelled: it is ${status}`);
    if (performance.now() > deadline) {
      throw new CommandFailure(
        `${entry.id} has not ended within ${options.limit} s; its cancellation is requested, "npx ddad runs" shows it`,
      );
    }
    await pause(options.interval ?? 500);
  }
}
