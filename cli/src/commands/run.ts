import { join } from 'node:path';
import type { RunResult, RunSettings } from '@ddad/contract';
import { attendRun, type RunDeps, type RunOptions } from '../attend-run.ts';

/**
 * `ddad run`: starts a run, follows it to its end and prints its scores.
 * @param deps.newRunName part of a run's name after its dataset's; a new one each time
 * @throws CommandFailure with the exit code that the end gives
 */
export async function startRun(
  deps: RunDeps & { newRunName: () => string },
  input: RunSettings,
  options: RunOptions,
): Promise<RunResult> {
  const handle = await deps.runs.start(`ddad-${input.dataset}-${deps.newRunName()}`, input);
  return attendRun(deps, handle, options);
}

/** Where `demo` keeps the reports of its runs. */
export function reportDirectory(home: string, runId: string): string {
  return join(home, 'reports', runId);
}
