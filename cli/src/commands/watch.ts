import { attendRun, type RunDeps } from '../attend-run.ts';
import { attendExperiment } from '../experiment/attend-experiment.ts';
import { CommandFailure, exitCodes } from '../failure.ts';

/**
 * `ddad watch`: shows how a run or an experiment goes, or how it went, and prints its scores once it has ended.
 * @throws CommandFailure where there is no such run, and with the exit code that its end gives
 */
export async function watchRun(
  deps: RunDeps,
  options: { run: string; json?: boolean | undefined },
): Promise<void> {
  const entry = await deps.runs.find(options.run);
  if (entry === null) {
    throw new CommandFailure(`no run ${options.run}; "npx ddad runs" lists them`, exitCodes.badInput);
  }
  if (entry.kind === 'experiment') {
    await attendExperiment(deps, entry, { json: options.json });
    return;
  }
  // A finished run counts its time until it was finished.
  const age = (entry.closed ?? new Date()).getTime() - entry.started.getTime();
  await attendRun(deps, entry, { json: options.json, since: deps.now() - age });
}
