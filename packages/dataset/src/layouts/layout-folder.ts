import { join } from 'node:path';
import type { Fault } from '@ddad/contract';
import type { DatasetFolder, FolderOptions } from '../dataset-folder.ts';
import { readTables } from '../folder-tables.ts';
import { listedImages, parseRepartition } from '../repartition.ts';
import { kindPathologies } from './kind-pathologies.ts';
import { dataJsonOf } from './layout.ts';
import { openLayout } from './open-layout.ts';

const splitByFolders: Fault = {
  path: '--split',
  message:
    'expected with folders whose test images are still to be chosen: these have a folder of them, or no abnormal images',
};

/**
 * A folder without data.json: what its folders say.
 * @param nothing what holds of a folder of which nothing is known
 */
export async function layoutFolder(
  dir: string,
  options: FolderOptions,
  nothing: Omit<DatasetFolder, 'faults'>,
): Promise<DatasetFolder> {
  const opened = await openLayout(dir, options.folders ?? null);
  if ('faults' in opened) return { ...nothing, faults: opened.faults };
  const { layout, passedOver } = opened;
  const dataJson = dataJsonOf(layout);
  const faults: Fault[] = [...opened.unread];
  const parsed = layout.splits
    ? { repartition: null, images: listedImages(dataJson), faults: [] }
    : parseRepartition(JSON.stringify(dataJson));
  if (!layout.splits && options.split !== undefined) faults.push(splitByFolders);
  faults.push(...parsed.faults);
  const kinds = 'unknown' in layout.test ? [] : layout.test.abnormal;
  const tables = await readTables(dir, options, parsed.images, faults, {
    parted: !layout.splits,
    unlisted: () => (kinds.length === 0 ? null : kindPathologies(kinds, parsed.images)),
  });
  return {
    ...nothing,
    ...tables,
    repartition: parsed.repartition,
    images: parsed.images,
    files: parsed.images.map(({ name }) => join(dir, name)),
    layout,
    unsplit: layout.splits ? { layout, split: { share: 0.2, seed: 0, ...options.split } } : null,
    passedOver,
    faults,
  };
}
