import type { RunResult } from '@ddad/contract';
import { MalformedResult, parseReport } from '@ddad/runs';
import { type ObjectEntry, ObjectNotFound, type ObjectStore } from '@ddad/storage';
import pLimit from 'p-limit';

/** A report as it lies in the store; one that cannot be read says why. */
export type StoredReport = { runId: string } & ({ result: RunResult } | { fault: MalformedResult });

/** Reports to read at a time. */
const readAtOnce = 16;

/** The reports among objects. Those that are removed meanwhile are left out. */
export async function readReports(
  store: Pick<ObjectStore, 'get'>,
  entries: readonly ObjectEntry[],
): Promise<StoredReport[]> {
  const objects = entries.flatMap(({ key }) => {
    const [, runId] = /^reports\/([^/]+)\/report\.json$/.exec(key) ?? [];
    return runId === undefined ? [] : [{ key, runId }];
  });
  const reports = await pLimit(readAtOnce).map(
    objects,
    async ({ key, runId }): Promise<StoredReport | null> => {
      try {
        return { runId, result: parseReport(await store.get(key), key) };
      } catch (error) {
        if (error instanceof ObjectNotFound) return null;
        if (error instanceof MalformedResult) return { runId, fault: error };
        throw error;
      }
    },
  );
  return reports.filter((report) => report !== null);
}
