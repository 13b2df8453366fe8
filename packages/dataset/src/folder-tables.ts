import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Fault } from '@ddad/contract';
import type { DatasetFolder, FolderOptions } from './dataset-folder.ts';
import { cameInstead } from './file-error.ts';
import { readPathologies } from './pathologies.ts';
import { readPatients } from './patients.ts';
import type { ListedImage } from './repartition.ts';
import { plainText } from './text/plain-text.ts';

/** A file's bytes, or what came instead. */
export async function readBytes(path: string): Promise<{ bytes: Buffer } | { came: string }> {
  try {
    return { bytes: await readFile(path) };
  } catch (error) {
    return { came: cameInstead(error) };
  }
}

/** The text of a file that was named, or that may lie in the folder; null where it need not be there and is not. */
async function readBeside(dir: string, name: string, given: string | undefined, faults: Fault[]) {
  const read = await readBytes(given ?? join(dir, name));
  if ('came' in read && read.came === 'no such file' && given === undefined) return null;
  const text = 'came' in read ? read : plainText(read.bytes);
  if ('text' in text) return text.text;
  faults.push({ path: given ?? name, message: `expected a CSV file, got ${text.came}` });
  return null;
}

type Pathologies = ReturnType<typeof readPathologies>;

/**
 * What labels.csv and patients.csv say; null where there is none.
 * @param images all that are listed
 * @param faults what is wrong with them is added
 * @param choice.parted whether images are in their parts already
 * @param choice.unlisted what holds where there is no labels.csv
 */
export async function readTables(
  dir: string,
  options: FolderOptions,
  images: readonly ListedImage[],
  faults: Fault[],
  { parted = true, unlisted }: { parted?: boolean; unlisted?: () => Pathologies | null } = {},
): Promise<Pick<DatasetFolder, 'pathologies' | 'patients'>> {
  const labels = await readBeside(dir, 'labels.csv', options.labels, faults);
  const patients = await readBeside(dir, 'patients.csv', options.patients, faults);
  const named = labels === null ? unlisted?.() : readPathologies(labels, 'labels.csv', images);
  const treated = patients === null ? null : readPatients(patients, 'patients.csv', images, { parted });
  faults.push(...(named?.faults ?? []), ...(treated?.faults ?? []));
  return { pathologies: named?.pathologies ?? null, patients: treated?.patients ?? null };
}
