import type { RunResult } from '@ddad/contract';
import { ObjectNotFound, type ObjectStore } from '@ddad/storage';
import { noSuchRun, notNow } from './failure.ts';
import { storedResult } from './stored-results.ts';
import type { TemporalRuns } from './temporal-runs.ts';

/**
 * Finds a finished run.
 * @param reference as `ddad runs` lists it, or Temporal's run id, which is enough once Temporal has forgotten the run
 * @returns Temporal's run id, from which the keys of all that the run left follow
 * @throws CommandFailure where there is no such run, or it is not finished
 */
export async function finishedRunId(runs: Pick<TemporalRuns, 'find'>, reference: string): Promise<string> {
  const entry = await runs.find(reference);
  if (entry === null) {
    if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(reference)) return reference;
    throw noSuchRun(reference);
  }
  if (entry.kind === 'experiment') {
    const message = `${entry.id} is an experiment: each of its runs, which "npx ddad runs" lists, has a report`;
    throw notNow(message);
  }
  if (entry.status !== 'completed') {
    throw notNow(`${entry.id} has no report: it is ${entry.status}`);
  }
  return entry.executionId;
}

/**
 * The result of a finished run.
 * @param runId as `finishedRunId` gives it
 * @param reference what the user calls it
 * @throws CommandFailure where the store has no report of it: nothing ever had this id, or it was removed
 */
export async function finishedResult(
  store: Pick<ObjectStore, 'get'>,
  runId: string,
  reference: string,
): Promise<RunResult> {
  try {
    return await storedResult(store, runId);
  } catch (error) {
    if (error instanceof ObjectNotFound) throw noSuchRun(`${reference} with a report`, error);
    throw error;
  }
}
