import { basename } from 'node:path';
import type { Fault } from '@ddad/contract';
import { withoutMasks } from './image-folders.ts';
import type { FolderLayout } from './layout.ts';

/** Folders below a dataset's, by what their images are. */
export interface NamedFolders {
  normal: readonly string[];
  abnormal: readonly string[];
  unlabeled: readonly string[];
}

/**
 * The layout that somebody gives in words. A pathology is called as its folder.
 * @param files images below the dataset's folder
 * @returns it, or every folder without an image, or that is named twice
 */
export function namedLayout(
  files: readonly string[],
  named: NamedFolders,
): FolderLayout | { faults: Fault[] } {
  const faults: Fault[] = [];
  const seen = new Map<string, string>();
  const imagesOf = (option: string, given: string): string[] => {
    const folder = given.replace(/^\.\//, '').replace(/\/+$/, '');
    const fault = (message: string) => faults.push({ path: option, message });
    const within = [...seen.keys()].find(
      (other) => `${folder}/`.startsWith(`${other}/`) || `${other}/`.startsWith(`${folder}/`),
    );
    if (within !== undefined)
      fault(`expected every folder once, got "${given}" and "${within}" (${seen.get(within)})`);
    seen.set(folder, option);
    const below = files.filter((path) => path.startsWith(`${folder}/`));
    if (below.length === 0) fault(`expected a folder with images below the dataset's, got "${given}"`);
    return withoutMasks(below, `${folder}/`);
  };
  if (named.normal.length === 0) {
    faults.push({ path: '--normal', message: 'expected a folder of normal images, got none' });
  }
  const normal = named.normal.flatMap((folder) => imagesOf('--normal', folder)).sort();
  const kinds = named.abnormal.map((folder) => ({
    name: basename(folder),
    images: imagesOf('--abnormal', folder),
  }));
  const unlabeled = named.unlabeled.flatMap((folder) => imagesOf('--unlabeled', folder)).sort();
  if (faults.length > 0) return { faults };
  return {
    title: 'the folders that were named',
    normal,
    // Without abnormal images there is nothing to compare test images with.
    splits: kinds.length > 0,
    unlabeled,
    test: { normal: [], abnormal: kinds },
    validation: [],
    leftOut: new Map(),
  };
}
