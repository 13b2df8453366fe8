// A browser runs this: of the contract, constants alone.
import { finishedStage, planningStage } from '@ddad/contract/workflow';
import type { JobView, RunView } from './run-tracker.ts';
import type { TimeLeft } from './time-left.ts';

/** What of a run says how long it still takes. */
export interface RunLeft extends Pick<RunView, 'within' | 'wholeLeft'> {
  jobs: readonly Pick<JobView, 'state'>[];
}

/**
 * How long something still takes, in words, the most first: `about 4:10 left`, `4:10 left`, `4:10`.
 * @param left null where nothing is known of it
 * @param duration seconds as they are read there
 */
export function timeLeftForms(left: TimeLeft | null, duration: (seconds: number) => string): string[] {
  if (left === null) return ['time left not known yet', '? left', '?'];
  const figure = duration(left.seconds);
  // What a longer one would be without its bound would be wrong.
  if (left.atLeast) return [`more than ${figure} left`, `>${figure} left`, `>${figure}`];
  return [`about ${figure} left`, `${figure} left`, figure];
}

/** The same of a whole run, all of its stages together; nothing while it is planned, and once it is over. */
export function runLeftForms(
  { within, jobs, wholeLeft }: RunLeft,
  duration: (seconds: number) => string,
): string[] {
  const over = within === finishedStage || jobs.some(({ state }) => state === 'cancelled');
  return over || within === planningStage ? [] : timeLeftForms(wholeLeft, duration);
}
