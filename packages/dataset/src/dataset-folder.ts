import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Fault, Pathology } from '@ddad/contract';
import { filesOf } from './file-names.ts';
import { describeMissing, findImages } from './find-images.ts';
import { readBytes, readTables } from './folder-tables.ts';
import { imagePlace } from './image-place.ts';
import type { FolderLayout } from './layouts/layout.ts';
import { layoutFolder } from './layouts/layout-folder.ts';
import type { NamedFolders } from './layouts/named-folders.ts';
import type { Split } from './layouts/split-groups.ts';
import { type ListedImage, parseRepartition, type Repartition, withoutImages } from './repartition.ts';

export interface FolderOptions {
  /** File of the form of data.json whose images are searched below the folder; absent: the folder's own data.json and images/. */
  repartition?: string | undefined;
  /** With `repartition`: glob over paths below the folder; other files do not count. */
  only?: string | undefined;
  /** With `repartition`: go on without images that are not there. */
  skipMissing?: boolean | undefined;
  /** Folders below the directory, by what their images are, in place of data.json. */
  folders?: NamedFolders | undefined;
  /** Of folders without test images: default a fifth of the normal images, seed 0. */
  split?: Partial<Split> | undefined;
  /** labels.csv and patients.csv elsewhere than in the folder. */
  labels?: string | undefined;
  patients?: string | undefined;
}

/** What a folder says about its images; nothing of them is read yet. */
export interface DatasetFolder {
  /** Null where it is at fault. */
  repartition: Repartition | null;
  images: ListedImage[];
  /** Their files by position; null where it is known that there is none. */
  files: (string | null)[];
  /** Null where there is no labels.csv. */
  pathologies: Pathology[] | null;
  /** As patients.csv names them, by position; null where there is none. */
  patients: (string | null)[] | null;
  /** Images that were left out, as there is no file. */
  skipped: string[];
  /** In front of names in messages. */
  prefix: string;
  /** What its folders were taken for; null where a list says what images are. */
  layout: FolderLayout | null;
  /** What is to be split once the images were read; null where nothing is. */
  unsplit: UnsplitFolder | null;
  /** Files and folders that systems made by themselves, which were not looked at. */
  passedOver: number;
  faults: Fault[];
}

/** Images whose test images are still to be chosen. */
export interface UnsplitFolder {
  layout: FolderLayout;
  split: Split;
}

/**
 * Reads what a dataset folder says: data.json or a repartition file, labels.csv, patients.csv; and finds the images' files.
 * @returns with every fault that can be known without reading images
 */
export async function openFolder(dir: string, options: FolderOptions): Promise<DatasetFolder> {
  const faults: Fault[] = [];
  const nothing = {
    repartition: null,
    images: [],
    files: [],
    pathologies: null,
    patients: null,
    skipped: [],
    prefix: '',
    layout: null,
    unsplit: null,
    passedOver: 0,
  };
  const file = options.repartition ?? join(dir, 'data.json');
  const read = await readBytes(file);
  const noList = 'came' in read && read.came === 'no such file';
  if (options.repartition === undefined && (options.folders !== undefined || noList)) {
    const found = await stat(dir).catch(() => null);
    if (found?.isDirectory()) return layoutFolder(dir, options, nothing);
  }
  if (options.split !== undefined) faults.push(splitByList);
  if ('came' in read) {
    const wanted =
      options.repartition === undefined
        ? 'a dataset folder with data.json and images/'
        : 'a repartition file, of the form of data.json';
    return {
      ...nothing,
      faults: [...faults, { path: basename(file), message: `expected ${wanted}, got ${read.came}` }],
    };
  }
  const parsed = parseRepartition(read.bytes, basename(file));
  faults.push(...parsed.faults);

  const { pathologies, patients } = await readTables(dir, options, parsed.images, faults);

  const folder: DatasetFolder = {
    ...nothing,
    repartition: parsed.repartition,
    images: parsed.images,
    pathologies,
    patients,
    faults,
  };
  if (options.repartition === undefined) {
    const images = await stat(join(dir, 'images')).catch(() => null);
    // `dataset init` writes paths below the folder itself, whether they lead into images/ or not.
    for (const prefix of images?.isDirectory() ? ['images/', ''] : ['']) {
      const files = await filesOf(join(dir, prefix), parsed.images);
      if (await isAnyThere(files)) return { ...folder, prefix, files };
    }
    if (images?.isDirectory())
      return { ...folder, prefix: 'images/', files: await filesOf(join(dir, 'images'), parsed.images) };
    faults.push({ path: 'images', message: `expected a folder beside data.json, got none` });
    return folder;
  }
  return searched(dir, folder, { bytes: read.bytes, file: basename(file), options });
}

const splitByList: Fault = {
  path: '--split',
  message: 'expected with folders whose test images are still to be chosen: here a list says which they are',
};

async function isAnyThere(files: readonly string[]): Promise<boolean> {
  for (const path of files) {
    const found = await stat(imagePlace(path).file).catch(() => null);
    if (found !== null) return true;
  }
  return false;
}

/** Gives the images of a repartition file their files. */
async function searched(
  dir: string,
  folder: DatasetFolder,
  { bytes, file, options }: { bytes: Buffer; file: string; options: FolderOptions },
): Promise<DatasetFolder> {
  const { images, faults } = folder;
  const names = images.map(({ name }) => name);
  const there = await stat(dir).catch(() => null);
  if (!there?.isDirectory()) {
    faults.push({
      path: dir,
      message: `expected a folder of images, got ${there === null ? 'none' : 'a file'}`,
    });
    return folder;
  }
  const found = await findImages(dir, names, options.only);
  faults.push(...found.faults);
  folder.passedOver = found.passedOver;
  const files = names.map((name) => found.files.get(name) ?? null);
  if (found.missing.length === 0 || folder.repartition === null) return { ...folder, files };
  if (!options.skipMissing) {
    faults.push({
      path: file,
      message: `${describeMissing(found.missing, names.length)} below the folder; --skip-missing goes on without them`,
    });
    return { ...folder, files };
  }
  return { ...without(folder, files, new Set(found.missing), { bytes, file }), skipped: found.missing };
}

/** A folder without some of its images; what is left must make a dataset. */
function without(
  folder: DatasetFolder,
  files: readonly (string | null)[],
  missing: ReadonlySet<string>,
  { bytes, file }: { bytes: Buffer; file: string },
): DatasetFolder {
  const kept = [...folder.images.keys()].filter((position) => !missing.has(folder.images[position]!.name));
  const left = parseRepartition(withoutImages(bytes, missing), file);
  const positions = new Map(kept.map((before, now) => [before, now]));
  const pathologies = folder.pathologies
    ?.map(({ name, images }) => ({ name, images: images.flatMap((before) => positions.get(before) ?? []) }))
    .filter(({ images }) => images.length > 0);
  return {
    ...folder,
    repartition: left.repartition,
    images: left.images,
    files: kept.map((position) => files[position]!),
    pathologies: pathologies ?? null,
    patients: folder.patients === null ? null : kept.map((position) => folder.patients![position]!),
    faults: [...folder.faults, ...left.faults],
  };
}
