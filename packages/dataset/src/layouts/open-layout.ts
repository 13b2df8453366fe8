import type { Fault } from '@ddad/contract';
import { lookBelow } from '../find-images.ts';
import { quoted } from '../image-list.ts';
import { findLayout } from './find-layout.ts';
import { byFolder } from './image-folders.ts';
import type { FolderLayout } from './layout.ts';
import { type NamedFolders, namedLayout } from './named-folders.ts';
import { tellImages } from './tell-images.ts';

/** A folder's layout with what its other files are. */
export interface OpenedLayout {
  layout: FolderLayout;
  /** Files and folders that systems made by themselves. */
  passedOver: number;
  /** Folders that could not be looked into. */
  unread: Fault[];
}

/** What lies beside images and is read as something else. */
const ownFiles = ['data.json', 'labels.csv', 'patients.csv'];

/** Folders that a fault names. */
const shownFolders = 8;

/**
 * Reads what the folders of a dataset without data.json say.
 * @param named folders that the user names; null to find them
 * @returns every fault; of a folder that says nothing, with the ways there are
 */
export async function openLayout(
  dir: string,
  named: NamedFolders | null,
): Promise<OpenedLayout | { faults: Fault[] }> {
  const { files, passedOver, faults: unread } = await lookBelow(dir);
  const { images, others } = await tellImages(dir, files.sort());
  const layout = named === null ? findLayout(images) : namedLayout(images, named);
  if (layout === null) {
    const folders = [...byFolder(images, '').keys()].filter((name) => name !== '').map((name) => `${name}/`);
    const more = folders.length > shownFolders ? ` and ${folders.length - shownFolders} more` : '';
    const came =
      folders.length === 0
        ? `${images.length} files that may be images`
        : `the folders ${folders.slice(0, shownFolders).map(quoted).join(', ')}${more}`;
    return { faults: [...unread, { path: dir, message: `expected ${waysThereAre}, got ${came}` }] };
  }
  if ('faults' in layout) return { faults: [...unread, ...layout.faults] };
  const noImages = others.filter((path) => !ownFiles.includes(path));
  return { layout: { ...layout, noImages }, passedOver, unread };
}

const waysThereAre =
  'data.json (and images/), or folders train/good, test/good and test/KIND, or a folder normal/, good/ or healthy/ beside ' +
  'folders of abnormal kinds, or --normal DIR --abnormal DIR, or --repartition FILE';
