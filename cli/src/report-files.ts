import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type RunResult, runKeys } from '@ddad/contract';
import type { ObjectStore } from '@ddad/storage';
import { makeDirectory } from './output-place.ts';
import { aborted } from './waiting.ts';

/**
 * Writes a run's `report.json`, its page, where that could be made, and, where there are test images, `scores.csv` into a
 * directory; each file is whole or absent.
 * @param signal gives it up; it then rejects with the signal's reason, and no part of a file is left
 * @returns paths of the files; null for those that there are none of
 */
export async function saveReport(
  store: ObjectStore,
  result: RunResult,
  directory: string,
  signal: AbortSignal,
): Promise<{ report: string; page: string | null; scores: string | null }> {
  await makeDirectory(directory);
  signal.throwIfAborted();
  const report = join(directory, 'report.json');
  // What an earlier run left there must not be taken for this one's, wherever writing ends.
  for (const name of ['report.html', 'scores.csv']) await rm(join(directory, name), { force: true });
  // The result itself: the stored report was written before the run's whole time was known.
  await writeWhole(report, `${JSON.stringify(result, null, 2)}\n`);
  const { runId, files } = result;
  const fetched = async (name: string, object: string | null): Promise<string | null> => {
    if (object === null) return null;
    // Of a call to the store that goes on nothing remains: it has lost its directory.
    const parts = join(directory, `.${name}.${randomUUID()}.part`);
    try {
      await mkdir(parts);
      await Promise.race([store.getToFile(object, join(parts, name)), aborted(signal)]);
      await rename(join(parts, name), join(directory, name));
    } finally {
      await rm(parts, { recursive: true, force: true });
    }
    return join(directory, name);
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
