import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { imagePlace } from './image-place.ts';
import { type ListedImage, sameName } from './repartition.ts';

/** What systems put into folders by themselves, beside images: it looks like them by its name (`._scan.png`) or not at all. */
export function isSystemFile(name: string): boolean {
  return name.startsWith('._') || ['.DS_Store', 'Thumbs.db', 'ehthumbs.db', 'desktop.ini'].includes(name);
}

const systemFolders = new Set(
  (
    '@eadir,@recycle,@recently-snapshot,#recycle,#snapshot,$recycle.bin,recycler,system volume information,lost+found,' +
    '__macosx'
  ).split(','),
);

/**
 * The same of folders: what was deleted, what is kept of earlier times, and small copies of pictures. All hidden ones are: `.git`,
 * `.Trash-1000`, `.ipynb_checkpoints`, `.snapshot`.
 */
export const isSystemFolder = (name: string) => name.startsWith('.') || systemFolders.has(name.toLowerCase());

/**
 * Paths of listed images below a folder. A name of which there is no file in these very characters is that of the file whose
 * name differs by how accents are written alone.
 */
export async function filesOf(folder: string, images: readonly ListedImage[]): Promise<string[]> {
  const known = new Map<string, Promise<string[]>>();
  const entriesOf = (path: string) => {
    const entries = known.get(path) ?? readdir(path).catch(() => []);
    known.set(path, entries);
    return entries;
  };
  /** An entry as it is written on disk; one that is not there stays as it is. */
  const onDisk = async (path: string, segment: string) => {
    // What has one form only, as nearly all names, needs no look.
    if (segment.normalize('NFC') === segment.normalize('NFD')) return segment;
    const entries = await entriesOf(path);
    if (entries.includes(segment)) return segment;
    return entries.find((entry) => sameName(entry) === sameName(segment)) ?? segment;
  };
  return Promise.all(
    images.map(async ({ name }) => {
      const { file, part } = imagePlace(name);
      let path = folder;
      for (const segment of file.split('/')) path = join(path, await onDisk(path, segment));
      return part === null ? path : `${path}#${part}`;
    }),
  );
}
