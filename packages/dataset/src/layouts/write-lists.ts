import type { Fault } from '@ddad/contract';
import { openFolder } from '../dataset-folder.ts';
import { expandFolder } from '../expand-folder.ts';
import type { PackOptions } from '../pack.ts';
import { knownPatients } from '../patients.ts';
import { readFolder } from '../read-folder.ts';
import { dataJsonOf, type FolderLayout, labelsCsvOf } from './layout.ts';

/** The lists that a folder without data.json stands for. */
export interface FolderLists {
  /** What the folder was taken for. */
  layout: Pick<FolderLayout, 'title' | 'leftOut' | 'noImages'>;
  passedOver: number;
  /** Text of a data.json whose names are paths below the folder. */
  dataJson: string;
  /** Text of a labels.csv; null where no image has a pathology by its folder. */
  labelsCsv: string | null;
}

/**
 * Says what `packDataset` would take a folder's images for. Images are read where they are still to be split: those that belong
 * together must be known.
 * @returns every fault
 */
export async function folderLists(
  dir: string,
  { channels = 1, range = null, slices = null, onProgress, ...options }: PackOptions,
): Promise<FolderLists | { faults: Fault[] }> {
  const opened = await openFolder(dir, options);
  const { layout, passedOver } = opened;
  if (opened.faults.length > 0) return { faults: opened.faults };
  if (layout === null) {
    return {
      faults: [{ path: 'data.json', message: 'expected a folder without one, got a folder that has one' }],
    };
  }
  const written = (value: object) => `${JSON.stringify(value, null, 1)}\n`;
  const labelsCsv = labelsCsvOf(layout);
  if (opened.unsplit === null)
    return { layout, passedOver, dataJson: written(dataJsonOf(layout)), labelsCsv };
  const reading = { sizes: [8], reading: { channels, range, slices }, onProgress };
  const { folder, read, dataJson } = await readFolder(dir, options, reading);
  const expanded = expandFolder(folder, read);
  const faults = [...expanded.faults, ...knownPatients(expanded).faults];
  if (faults.length > 0 || dataJson === null) return { faults };
  return { layout, passedOver, dataJson: written(JSON.parse(dataJson)), labelsCsv };
}
