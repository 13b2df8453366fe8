import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { folderLists, type PackOptions } from '@ddad/dataset';
import { badInput, exitCodes } from '../failure.ts';
import type { Screens } from '../screen.ts';
import { StepLine } from '../step-line.ts';
import { type FolderFlags, readFolders } from './dataset-folders.ts';
import { layoutLines } from './dataset-notes.ts';
import { type ReadingOptions, readReading } from './dataset-reading.ts';

export interface DatasetInitOptions
  extends FolderFlags,
    ReadingOptions,
    Pick<PackOptions, 'labels' | 'patients'> {
  directory: string;
}

/**
 * `ddad dataset init`: writes the data.json that a folder without one stands for, and its labels.csv where folders name
 * pathologies; both may then be changed by hand. Nothing that exists is written over.
 * @throws CommandFailure that lists every fault; nothing is written then
 */
export async function initDataset(
  { out, err }: Screens,
  options: DatasetInitOptions & { cwd: string },
): Promise<{ files: string[] }> {
  const { directory, labels, patients } = options;
  const [folders, reading] = [readFolders(options), readReading(options)];
  if ('faults' in folders || 'faults' in reading) {
    throw badInput(
      'nothing was written',
      [folders, reading].flatMap((one) => ('faults' in one ? one.faults : [])),
    );
  }
  if (existsSync(resolve(options.cwd, directory, 'data.json'))) {
    const message = 'expected a folder without one, got a folder that has one';
    throw badInput('nothing was written', [{ path: 'data.json', message }]);
  }
  const line = new StepLine(err);
  const lists = await folderLists(resolve(options.cwd, directory), {
    ...folders,
    ...reading,
    labels,
    patients,
    onProgress: (done, total) => line.show('reading images', done, total),
  }).finally(() => line.clear());
  if ('faults' in lists) {
    throw badInput(`nothing was written: ${directory} is at fault`, lists.faults, exitCodes.failed);
  }
  err.write(`${layoutLines(lists.layout, lists.passedOver).join('\n')}\n`);
  const written: string[] = [];
  const files = { 'data.json': lists.dataJson, 'labels.csv': lists.labelsCsv };
  for (const [name, text] of Object.entries(files)) {
    const path = join(directory, name);
    if (text === null) continue;
    // What somebody wrote by hand counts, as for `dataset add`.
    if (name === 'labels.csv' && (labels !== undefined || existsSync(resolve(options.cwd, path)))) continue;
    await writeFile(resolve(options.cwd, path), text, { flag: 'wx' });
    out.write(`${path}\n`);
    written.push(path);
  }
  return { files: written };
}
