import { CommandFailure, exitCodes } from '../failure.ts';
import type { RunEntry, TemporalRuns } from '../temporal-runs.ts';

/**
 * The run that a reference names, which has to be running.
 * @param undone what cannot be done otherwise: `paused`
 * @throws CommandFailure where there is no such run, or it has ended
 */
export async function runningRun(runs: TemporalRuns, reference: string, undone: string): Promise<RunEntry> {
  const entry = await runs.find(reference);
  if (entry === null) {
    throw new CommandFailure(`no run ${reference}; "npx ddad runs" lists them`, exitCodes.badInput);
  }
  if (entry.kind === 'experiment') {
    const message = `${entry.id} is an experiment: its runs, which "npx ddad runs" lists, can each be ${undone}`;
    throw new CommandFailure(message, exitCodes.badInput);
  }
  if (entry.status !== 'running') {
    throw new CommandFailure(`${entry.id} cannot be ${undone}: it is ${entry.status} already`);
  }
  return entry;
}
