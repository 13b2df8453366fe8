import { artifactKeysOf } from '@ddad/runs';
import type { ObjectStore } from '@ddad/storage';
import { CommandFailure } from './failure.ts';
import { readReports } from './stored-reports.ts';

/**
 * Keys of all artifacts that the reports in the store name.
 * @param but a run whose report does not count
 * @throws CommandFailure where a report cannot be read: nobody knows what it names
 */
export async function namedArtifacts(
  store: Pick<ObjectStore, 'get' | 'list'>,
  but?: string,
): Promise<Set<string>> {
  const reports = await readReports(store, await store.list('reports/'));
  const named = new Set<string>();
  for (const report of reports) {
    if (report.runId === but) continue;
    if ('fault' in report) {
      throw new CommandFailure(
        `cannot tell which artifacts no run names: ${report.fault.message}; remove that report, or go without --artifacts`,
        undefined,
        { cause: report.fault },
      );
    }
    for (const key of artifactKeysOf(report.result)) named.add(key);
  }
  return named;
}
