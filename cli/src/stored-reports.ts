import { type RunResult, runKeys } from '@ddad/contract';
import { MalformedResult } from '@ddad/runs';
import { type ObjectEntry, ObjectNotFound, type ObjectStore } from '@ddad/storage';
import pLimit from 'p-limit';
import { storedResult } from './stored-results.ts';

/** A report as it lies in the store; one that cannot be read says why. */
export type StoredReport = { runId: string } & ({ result: RunResult } | { fault: MalformedResult });

/** Reports to read at a time. */
const readAtOnce = 16;

/** What runs left beside their artifacts, among objects: by run. */
export function reportObjects(entries: readonly ObjectEntry[]): Map<string, ObjectEntry[]> {
  const ofRuns = entries.filter(({ key }) => /^reports\/[^/]+\//.test(key));
  return Map.groupBy(ofRuns, ({ key }) => key.split('/')[1]!);
}

/** The reports among objects. Those that are removed meanwhile are left out. */
export async function readReports(
  store: Pick<ObjectStore, 'get'>,
  entries: readonly ObjectEntry[],
): Promise<StoredReport[]> {
  const runIds = [...reportObjects(entries)].flatMap(([runId, objects]) =>
    objects.some(({ key }) => key === runKeys.report(runId)) ? [runId] : [],
  );
  const reports = await pLimit(readAtOnce).map(runIds, async (runId): Promise<StoredReport | null> => {
    try {
      return { runId, result: await storedResult(store, runId) };
    } catch (error) {
      if (error instanceof ObjectNotFound) return null;
      if (error instanceof MalformedResult) return { runId, fault: error };
      throw error;
    }
  });
  return reports.filter((report) => report !== null);
}
