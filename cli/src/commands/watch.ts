import type { RunResult } from '@ddad/contract';
import { attendRun, type RunDeps } from '../attend-run.ts';
import { attendExperiment, type ExperimentDocument } from '../experiment/attend-experiment.ts';
import { noSuchRun } from '../failure.ts';

/**
 * `ddad watch`: shows how a run or an experiment goes, or how it went, and prints its scores once it has ended.
 * @throws CommandFailure where there is no such run, and with the exit code that its end gives
 */
export async function watchRun(
  deps: RunDeps,
  options: { run: string },
): Promise<RunResult | ExperimentDocument> {
  const entry = await deps.runs.find(options.run);
  if (entry === null) throw noSuchRun(options.run);
  if (entry.kind === 'experiment') return attendExperiment(deps, entry, {});
  // A finished run counts its time until it was finished.
  const age = (entry.closed ?? new Date()).getTime() - entry.started.getTime();
  return attendRun(deps, entry, { since: deps.now() - age });
}
