import type { RunResult } from '@ddad/contract';
import { CommandFailure, exitCodes } from './failure.ts';
import type { TemporalRuns } from './temporal-runs.ts';

/** Where a finished run's report lies in the store; the page is null where runs had none yet. */
export interface ReportKeys {
  report: string;
  page: string | null;
}

/**
 * Finds a run's report.
 * @param reference as `ddad runs` lists it, or Temporal's run id, which is enough once Temporal has forgotten the run
 * @throws CommandFailure where there is no such run, or it is not finished
 */
export async function findReport(
  runs: Pick<TemporalRuns, 'find' | 'result'>,
  reference: string,
): Promise<ReportKeys> {
  const entry = await runs.find(reference);
  if (entry === null) {
    if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(reference)) {
      return { report: `reports/${reference}/report.json`, page: `reports/${reference}/report.html` };
    }
    throw new CommandFailure(`no run ${reference}; "npx ddad runs" lists them`, exitCodes.badInput);
  }
  if (entry.kind === 'experiment') {
    const message = `${entry.id} is an experiment: each of its runs, which "npx ddad runs" lists, has a report`;
    throw new CommandFailure(message, exitCodes.badInput);
  }
  if (entry.status !== 'completed') {
    throw new CommandFailure(`${entry.id} has no report: it is ${entry.status}`);
  }
  const { report, page }: Partial<RunResult['files']> & { report: string } = (await runs.result(entry)).files;
  return { report, page: page ?? null };
}
