import { readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Fault, Pathology } from '@ddad/contract';
import { cameInstead } from './file-error.ts';
import { filesOf } from './file-names.ts';
import { describeMissing, findImages } from './find-images.ts';
import { readPathologies } from './pathologies.ts';
import { readPatients } from './patients.ts';
import { type ListedImage, parseRepartition, type Repartition, withoutImages } from './repartition.ts';
import { plainText } from './text/plain-text.ts';

export interface FolderOptions {
  /** File of the form of data.json whose images are searched below the folder; absent: the folder's own data.json and images/. */
  repartition?: string | undefined;
  /** With `repartition`: glob over paths below the folder; other files do not count. */
  only?: string | undefined;
  /** With `repartition`: go on without images that are not there. */
  skipMissing?: boolean | undefined;
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
  faults: Fault[];
}

/** A file's bytes, or what came instead. */
async function readBytes(path: string): Promise<{ bytes: Buffer } | { came: string }> {
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
  };
  const file = options.repartition ?? join(dir, 'data.json');
  const read = await readBytes(file);
  if ('came' in read) {
    const wanted =
      options.repartition === undefined
        ? 'a dataset folder with data.json and images/'
        : 'a repartition file, of the form of data.json';
    return {
      ...nothing,
      faults: [{ path: basename(file), message: `expected ${wanted}, got ${read.came}` }],
    };
  }
  const parsed = parseRepartition(read.bytes, basename(file));
  faults.push(...parsed.faults);

  const labels = await readBeside(dir, 'labels.csv', options.labels, faults);
  const patients = await readBeside(dir, 'patients.csv', options.patients, faults);
  const named = labels === null ? null : readPathologies(labels, 'labels.csv', parsed.images);
  const treated = patients === null ? null : readPatients(patients, 'patients.csv', parsed.images);
  faults.push(...(named?.faults ?? []), ...(treated?.faults ?? []));

  const folder: DatasetFolder = {
    repartition: parsed.repartition,
    images: parsed.images,
    files: [],
    pathologies: named?.pathologies ?? null,
    patients: treated?.patients ?? null,
    skipped: [],
    faults,
  };
  if (options.repartition === undefined) {
    const images = await stat(join(dir, 'images')).catch(() => null);
    if (images?.isDirectory()) folder.files = await filesOf(join(dir, 'images'), parsed.images);
    else faults.push({ path: 'images', message: `expected a folder beside data.json, got none` });
    return folder;
  }
  return searched(dir, folder, { bytes: read.bytes, file: basename(file), options });
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
