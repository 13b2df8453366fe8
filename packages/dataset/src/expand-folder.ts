import type { Fault, Pathology } from '@ddad/contract';
import type { DatasetFolder } from './dataset-folder.ts';
import type { PackedPart } from './decode-file.ts';
import { partName } from './image-place.ts';
import type { ReadListedImages } from './read-listed-images.ts';
import type { Labelled, ListedImage, Repartition } from './repartition.ts';

/** A folder whose files of several pictures are as many images. */
export interface ExpandedFolder {
  repartition: Repartition | null;
  images: ListedImage[];
  /** Their places on disk, by position. */
  files: string[];
  /** By position. */
  pictures: PackedPart[];
  pathologies: Pathology[] | null;
  /** As patients.csv names them; null where there is none. */
  patients: (string | null)[] | null;
  /** As files name them. */
  owners: (string | null)[];
  faults: Fault[];
}

/**
 * Puts the pictures of every listed file in its place: what holds for a file (its list, its pathologies, its patient) holds
 * for all of its pictures. A file of one picture keeps its name.
 */
export function expandFolder(folder: DatasetFolder, read: ReadListedImages): ExpandedFolder {
  const faults = [...folder.faults, ...read.faults];
  const images: ListedImage[] = [];
  const files: string[] = [];
  const pictures: PackedPart[] = [];
  const owners: (string | null)[] = [];
  /** Listed images, by position now; and the other way round. */
  const origins: number[] = [];
  const places = folder.images.map((listed, origin) => {
    const first = images.length;
    for (const picture of read.pictures[origin] ?? []) {
      const name = picture.part === null ? listed.name : partName(listed.name, picture.part);
      const file = folder.files[origin] ?? listed.name;
      images.push({ name, path: listed.path });
      files.push(picture.part === null ? file : partName(file, picture.part));
      pictures.push(picture);
      owners.push(read.owners[origin] ?? null);
      origins.push(origin);
    }
    return Array.from({ length: images.length - first }, (_, i) => first + i);
  });
  faults.push(...repeated(images));
  const namesOf = new Map(
    folder.images.map(({ name }, origin) => [
      name,
      places[origin]!.map((position) => images[position]!.name),
    ]),
  );
  const expanded = (names: readonly string[]) => names.flatMap((name) => namesOf.get(name) ?? []);
  return {
    repartition: folder.repartition === null ? null : expandedParts(folder.repartition, expanded),
    images,
    files,
    pictures,
    pathologies:
      folder.pathologies?.map(({ name, images: some }) => ({
        name,
        images: some.flatMap((at) => places[at] ?? []),
      })) ?? null,
    patients: folder.patients === null ? null : origins.map((origin) => folder.patients?.[origin] ?? null),
    owners,
    faults,
  };
}

/** A part that is listed by itself and with all of its file. */
function repeated(images: readonly ListedImage[]): Fault[] {
  const first = new Map<string, string>();
  return images.flatMap(({ name, path }): Fault[] => {
    const before = first.get(name);
    if (before === undefined) {
      first.set(name, path);
      return [];
    }
    return [{ path, message: `expected every image once, got "${name}" again, listed at ${before} already` }];
  });
}

function expandedParts(
  repartition: Repartition,
  expanded: (names: readonly string[]) => string[],
): Repartition {
  const part = (labelled: Labelled): Labelled => {
    if (labelled.labels === 'none') return labelled;
    if (labelled.labels === 'unknown') return { labels: 'unknown', images: expanded(labelled.images) };
    return { labels: 'known', normal: expanded(labelled.normal), abnormal: expanded(labelled.abnormal) };
  };
  return {
    ...repartition,
    train: expanded(repartition.train),
    unlabeled: part(repartition.unlabeled),
    test: part(repartition.test),
    validation: expanded(repartition.validation),
  };
}
