import { randomUUID } from 'node:crypto';
import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type RunResult, runKeys } from '@ddad/contract';
import type { ObjectStore } from '@ddad/storage';
import { makeDirectory } from './output-place.ts';

/**
 * Writes a run's `report.json`, its page, where that could be made, and, where there are test images, `scores.csv` into a
 * directory; each file is whole or absent.
 * @returns paths of the files; null for those that there are none of
 */
export async function saveReport(
  store: ObjectStore,
  result: RunResult,
  directory: string,
): Promise<{ report: string; page: string | null; scores: string | null }> {
  await makeDirectory(directory);
  const report = join(directory, 'report.json');
  // The result itself: the stored report was written before the run's whole time was known.
  await writeWhole(report, `${JSON.stringify(result, null, 2)}\n`);
  const { runId, files } = result;
  const fetched = async (name: string, object: string | null): Promise<string | null> => {
    const path = join(directory, name);
    // What an earlier run left there must not be taken for this one's.
    if (object === null) await rm(path, { force: true });
    else await store.getToFile(object, path);
    return object === null ? null : path;
  };
  return {
    report,
    page: await fetched('report.html', files.page === null ? null : runKeys.page(runId)),
    scores: await fetched('scores.csv', files.scores === null ? null : runKeys.scores(runId)),
  };
}

/** Writes a file that is whole or absent; one that exists is replaced. */
export async function writeWhole(path: string, text: string): Promise<void> {
  const part = `${path}.${randomUUID()}.part`;
  try {
    await writeFile(part, text);
    await rename(part, path);
  } finally {
    await rm(part, { force: true });
  }
}
