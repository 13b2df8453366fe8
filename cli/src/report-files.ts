import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunResult } from '@ddad/contract';
import type { ObjectStore } from '@ddad/storage';

/**
 * Writes a run's `report.json`, its page and, where there are test images, `scores.csv` into a directory; each file is whole
 * or absent.
 * @returns paths of the files
 */
export async function saveReport(
  store: ObjectStore,
  result: RunResult,
  directory: string,
): Promise<{ report: string; page: string; scores: string | null }> {
  await mkdir(directory, { recursive: true });
  const report = join(directory, 'report.json');
  // The result itself: the stored report was written before the run's whole time was known.
  await writeWhole(report, `${JSON.stringify(result, null, 2)}\n`);
  const page = join(directory, 'report.html');
  await store.getToFile(result.files.page, page);
  const scores = result.files.scores === null ? null : join(directory, 'scores.csv');
  if (scores === null) await rm(join(directory, 'scores.csv'), { force: true });
  else await store.getToFile(result.files.scores!, scores);
  return { report, page, scores };
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
