import { type DatasetFolder, type FolderOptions, openFolder } from './dataset-folder.ts';
import { splitFolder } from './layouts/split-folder.ts';
import { type ReadListedImages, type ReadOptions, readListedImages } from './read-listed-images.ts';

/**
 * Opens a dataset folder, reads its images, and splits them where that is still to be done.
 * @returns with the text of the data.json that stands for the split; null where there was none
 */
export async function readFolder(
  dir: string,
  options: FolderOptions,
  reading: Omit<ReadOptions, 'prefix'>,
): Promise<{ folder: DatasetFolder; read: ReadListedImages; dataJson: string | null }> {
  const folder = await openFolder(dir, options);
  const read = await readListedImages(folder, { ...reading, prefix: folder.prefix });
  if (folder.unsplit === null || folder.faults.length + read.faults.length > 0)
    return { folder, read, dataJson: null };
  return splitFolder(folder, read, folder.unsplit);
}
