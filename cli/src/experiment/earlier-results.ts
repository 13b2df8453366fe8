import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isObject } from '@ddad/contract';

/** What an experiment may leave beside `experiment.json` and `runs/`. */
const ownFile = /^(results\.(md|csv)|spread\.csv|choice\.json|table-\d+\.md|figure-\d+\.svg)$/;

/**
 * Removes what an earlier experiment left in a directory, which must not be taken for another one's: files by their names, and
 * those in `runs/` that its `experiment.json` names. All else is the user's; so is everything where there is no `experiment.json`.
 * @param runs workflow ids of the runs whose files stay
 */
export async function removeEarlierResults(directory: string, runs: ReadonlySet<string>): Promise<void> {
  const earlier = await readEarlier(join(directory, 'experiment.json'));
  if (earlier === null) return;
  const files = await namesOfFiles(directory);
  const runFiles = new Set(await namesOfFiles(join(directory, 'runs')));
  const gone = [
    ...files.filter((name) => ownFile.test(name)),
    // Names out of a file are looked for among those that are there: none leads elsewhere.
    ...earlier
      .filter((workflowId) => !runs.has(workflowId) && runFiles.has(`${workflowId}.json`))
      .map((workflowId) => join('runs', `${workflowId}.json`)),
  ];
  for (const name of gone) await rm(join(directory, name), { force: true });
}

/** Workflow ids of the runs of an earlier experiment, none where its file is damaged; null where there is no such file. */
async function readEarlier(path: string): Promise<string[] | null> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return [];
  }
  const runs: unknown[] = isObject(value) && Array.isArray(value.runs) ? value.runs : [];
  return runs.flatMap((run) => (isObject(run) && typeof run.workflowId === 'string' ? [run.workflowId] : []));
}

async function namesOfFiles(directory: string): Promise<string[]> {
  try {
    const entries = await readdir(directory, { withFileTypes: true });
    return entries.flatMap((entry) => (entry.isFile() ? [entry.name] : []));
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
