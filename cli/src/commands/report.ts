import { mkdir } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { ObjectNotFound, type ObjectStore } from '@ddad/storage';
import { CommandFailure } from '../failure.ts';
import { findReport } from '../report-keys.ts';
import type { Screens } from '../screen.ts';
import type { TemporalRuns } from '../temporal-runs.ts';

export interface ReportDeps {
  runs: Pick<TemporalRuns, 'find' | 'result'>;
  store: ObjectStore;
  screens: Screens;
  /** Shows a file in the user's browser. Rejects where that is not possible. */
  openFile: (path: string) => Promise<void>;
}

/**
 * `ddad report RUN`: fetches a finished run's page.
 * @param options.out the file; default RUN.html in the working directory
 * @throws CommandFailure where there is no such run, it is not finished, or it has no page
 */
export async function fetchReport(
  deps: ReportDeps,
  options: { run: string; out?: string | undefined; open?: boolean | undefined; cwd: string },
): Promise<void> {
  const { store, screens } = deps;
  const { page } = await findReport(deps.runs, options.run);
  if (page === null) {
    throw new CommandFailure(`${options.run} has no page: it was finished before runs had one`);
  }
  const file = resolve(options.cwd, options.out ?? `${options.run}.html`);
  await mkdir(dirname(file), { recursive: true });
  try {
    await store.getToFile(page, file);
  } catch (error) {
    if (!(error instanceof ObjectNotFound)) throw error;
    throw new CommandFailure(`no run ${options.run} with a page; "npx ddad runs" lists runs`, undefined, {
      cause: error,
    });
  }
  screens.out.write(`${file}\n`);
  if (options.open) await show(deps, file);
}

/** @throws CommandFailure that says where the file is */
export async function show(deps: Pick<ReportDeps, 'openFile'>, file: string): Promise<void> {
  try {
    await deps.openFile(file);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CommandFailure(`${file} is there, but no browser could be started: ${reason}`, undefined, {
      cause,
    });
  }
}
