import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, extname, join, matchesGlob, relative, sep } from 'node:path';
import type { Fault } from '@ddad/contract';
import { cameInstead } from './file-error.ts';
import { isSystemFile, isSystemFolder } from './file-names.ts';
import { quoted } from './image-list.ts';
import { imagePlace } from './image-place.ts';
import { sameName } from './repartition.ts';

/** Extensions that images have, in small letters. */
export const imageExtensions = new Set(
  '.png .jpg .jpeg .jpe .jfif .tif .tiff .webp .bmp .gif .dcm .dicom .dic .ima .nii'.split(' '),
);
/** Missing images that a fault names, and places of an ambiguous one. */
const shown = { images: 20, places: 4 } as const;

/** Where images lie that a list names. */
export interface FoundImages {
  /** Paths by name. */
  files: Map<string, string>;
  /** Names of which there is no file. */
  missing: string[];
  /** Names that more than one file could be, and folders that could not be looked into. */
  faults: Fault[];
  /** Files and folders that systems made by themselves, which were not looked at. */
  passedOver: number;
}

/** What lies below a directory. */
interface FilesBelow {
  /** Paths relative to it, with `/`. */
  files: string[];
  /** Files and folders that systems make by themselves, which were not looked at. */
  passedOver: number;
}

/**
 * Every file below a directory; links are followed, a directory is walked once. What systems make by themselves is counted alone.
 * @returns with every folder that could not be looked into: what lies in it is not among the files
 */
export async function lookBelow(dir: string): Promise<FilesBelow & { faults: Fault[] }> {
  const files: string[] = [];
  const faults: Fault[] = [];
  let passedOver = 0;
  const walked = new Set<string>();
  const pathOf = (place: string) => relative(dir, place).split(sep).join('/');
  const entriesOf = async (folder: string) => {
    const real = await realpath(folder);
    if (walked.has(real)) return [];
    walked.add(real);
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  };
  const walk = async (folder: string) => {
    const entries = await entriesOf(folder).catch((error: unknown) => {
      faults.push({ path: folder === dir ? dir : `${pathOf(folder)}/`, message: unreadable(folder, error) });
      return [];
    });
    for (const entry of entries) {
      const path = join(folder, entry.name);
      // A link that leads nowhere is no image.
      const kind = entry.isSymbolicLink() ? await stat(path).catch(() => null) : entry;
      if (kind?.isDirectory() && isSystemFolder(entry.name)) passedOver += 1;
      else if (kind?.isDirectory()) await walk(path);
      else if (kind?.isFile() && isSystemFile(entry.name)) passedOver += 1;
      else if (kind?.isFile()) files.push(pathOf(path));
    }
  };
  await walk(dir);
  return { files, passedOver, faults };
}

/** In place of the bytes of a name that is no UTF-8, Node has this: no file is called so. */
const noLetter = '\ufffd';

function unreadable(folder: string, error: unknown): string {
  return folder.includes(noLetter)
    ? 'expected a folder whose name is UTF-8, got another encoding, as archives made on Windows have (rename it)'
    : `expected a folder that can be read, got ${cameInstead(error)}`;
}

/**
 * Every file below a directory; see `lookBelow`.
 * @throws where it, or a folder below it, cannot be read
 */
export async function filesBelow(dir: string): Promise<FilesBelow> {
  const { faults, ...found } = await lookBelow(dir);
  if (faults.length === 0) return found;
  throw new Error(faults.map(({ path, message }) => `${path}: ${message}`).join('; '));
}

const stemOf = (name: string) => name.slice(0, name.length - extname(name).length);

/** By its name; of `.nii.gz` the end alone. */
function isCalledImage(path: string): boolean {
  const extension = extname(path).toLowerCase();
  return imageExtensions.has(extension) || extension === '.gz';
}

/**
 * Looks for images by name, at any depth below a directory. A file of the listed name wins; without one, an image file
 * of the same name but for its extension is taken, as published lists name the PNGs that their authors
 * made of DICOM files. A listed name with directories wants them at the end of the file's path.
 *
 * @param only glob over paths below `dir`; files that it does not match do not count
 */
export async function findImages(dir: string, names: readonly string[], only?: string): Promise<FoundImages> {
  const { files: all, passedOver, faults } = await lookBelow(dir);
  const paths = only === undefined ? all : all.filter((path) => matchesGlob(path, only));
  const byName = Map.groupBy(paths, (path) => sameName(basename(path)));
  const images = paths.filter(isCalledImage);
  const byStem = Map.groupBy(images, (path) => sameName(stemOf(basename(path))));
  const files = new Map<string, string>();
  const missing: string[] = [];
  for (const listed of names) {
    const { file: name, part } = imagePlace(listed);
    const endsWith = (path: string, end: string) => `/${sameName(path)}`.endsWith(`/${sameName(end)}`);
    const same = (byName.get(sameName(basename(name))) ?? []).filter((path) => endsWith(path, name));
    const stem = stemOf(name);
    const alike = (byStem.get(sameName(basename(stem))) ?? []).filter((path) => endsWith(stemOf(path), stem));
    const candidates = same.length > 0 ? same : alike;
    if (candidates.length === 1) {
      const path = join(dir, candidates[0]!);
      files.set(listed, part === null ? path : `${path}#${part}`);
    } else if (candidates.length === 0) missing.push(listed);
    else {
      const places = candidates.slice(0, shown.places).map(quoted).join(', ');
      const more =
        candidates.length > shown.places ? ` and ${candidates.length - shown.places} more places` : '';
      const message = `expected one file, got ${places}${more}; --only GLOB chooses among them`;
      faults.push({ path: listed, message });
    }
  }
  return { files, missing, faults, passedOver };
}

/** `3 of 3,200 images are missing: "a.png", ...`, naming the first twenty. */
export function describeMissing(missing: readonly string[], listed: number): string {
  const names = missing.slice(0, shown.images).map(quoted).join(', ');
  const more = missing.length > shown.images ? `, and ${missing.length - shown.images} more` : '';
  const verb = missing.length === 1 ? 'is' : 'are';
  return `${missing.length} of ${listed} listed images ${verb} missing: ${names}${more}`;
}
