import { noSuchRun, notNow } from '../failure.ts';
import type { RunEntry, TemporalRuns } from '../temporal-runs.ts';

/**
 * The run that a reference names, which has to be running.
 * @param undone what cannot be done otherwise: `paused`
 * @throws CommandFailure where there is no such run, or it has ended
 */
export async function runningRun(runs: TemporalRuns, reference: string, undone: string): Promise<RunEntry> {
  const entry = await runs.find(reference);
  if (entry === null) throw noSuchRun(reference);
  if (entry.kind === 'experiment') {
    const message = `${entry.id} is an experiment: its runs, which "npx ddad runs" lists, can each be ${undone}`;
    throw notNow(message);
  }
  if (entry.status !== 'running') {
    throw notNow(`${entry.id} cannot be ${undone}: it is ${entry.status} already`);
  }
  return entry;
}
