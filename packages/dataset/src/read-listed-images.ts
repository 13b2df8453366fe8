import type { Fault } from '@ddad/contract';
import type { DatasetFolder } from './dataset-folder.ts';
import type { FileJob, FileOutcome, PackedPart } from './decode-file.ts';
import { decodeFiles } from './decode-files.ts';
import { imagePlace } from './image-place.ts';
import type { Reading } from './open-image.ts';
import type { Range } from './range.ts';
import { type Depth, rangeOf } from './raster/sixteen-bits.ts';
import { placeOnDisk } from './read-file.ts';

/** What a folder's listed images are. */
export interface ReadListedImages {
  /** By listed image: its pictures; null where there are none, which is at fault. */
  pictures: (PackedPart[] | null)[];
  /** Whose the listed images are, as their files say; of a file of several pictures, the file's own. */
  owners: (string | null)[];
  /** The range of all 16-bit images; null where there are none. */
  range: Range | null;
  /** Values that are black and white, by volume. */
  windows: Map<string, Range>;
  faults: Fault[];
}

export interface ReadOptions {
  sizes: readonly number[];
  reading: Reading;
  /** In front of names in messages. */
  prefix: string;
  onProgress?: ((done: number, total: number) => void) | undefined;
}

/** A job with the positions of the listed images that its parts are. */
interface ListedJob extends FileJob {
  positions: number[];
}

/**
 * Reads the listed images, each file once; 16-bit images a second time where one range for all of them turns out to be
 * another than that of the image's own bits.
 */
export async function readListedImages(
  { images, files }: Pick<DatasetFolder, 'images' | 'files'>,
  { sizes, reading, prefix, onProgress }: ReadOptions,
): Promise<ReadListedImages> {
  const jobs = await jobsOf(files, sizes, reading);
  const pictures = new Array<PackedPart[] | null>(images.length).fill(null);
  const owners = new Array<string | null>(images.length).fill(null);
  const messages = new Map<number, string>();
  const windows = new Map<string, Range>();
  let done = images.length - jobs.reduce((sum, { positions }) => sum + positions.length, 0);
  let total = images.length;
  const take = (some: readonly ListedJob[]) => (outcome: FileOutcome, which: number) => {
    const { positions, path } = some[which]!;
    for (const [i, part] of outcome.parts.entries()) {
      const position = positions[i]!;
      if ('fault' in part) messages.set(position, part.fault);
      else {
        pictures[position] = part.pictures;
        const several = part.pictures.some((picture) => picture.part !== null);
        owners[position] = outcome.patient ?? (several ? `file ${path}` : null);
      }
      if (outcome.window !== null) windows.set(imagePlace(images[position]!.name).file, outcome.window);
    }
    done += positions.length;
    onProgress?.(done, total);
  };
  await decodeFiles(jobs, take(jobs));

  const depths = pictures.flatMap(
    (some): Depth[] => some?.flatMap(({ sixteenBits }) => sixteenBits?.depth ?? []) ?? [],
  );
  const range = depths.length === 0 ? null : (reading.range ?? rangeOf(depths));
  const again =
    range === null
      ? []
      : jobs.filter(({ positions }) => positions.some((at) => hasOtherRange(pictures[at], range)));
  total += again.reduce((sum, { positions }) => sum + positions.length, 0);
  const anew = again.map((job) => ({ ...job, reading: { ...reading, range } }));
  await decodeFiles(anew, take(anew));

  const faults = [...messages]
    .sort(([a], [b]) => a - b)
    .map(([position, message]): Fault => {
      const { name, path } = images[position]!;
      return { path, message: `${prefix}${name}: ${message}` };
    });
  if (faults.length === 0 && images.length > 0) {
    const none = (what: string) => `expected ${what} among the images, got none`;
    if (reading.range !== null && range === null)
      faults.push({ path: '--range', message: none('a PNG or TIFF of 16 bits') });
    if (reading.slices !== null && windows.size === 0)
      faults.push({ path: '--slices', message: none('a NIfTI volume') });
  }
  return { pictures, owners, range, windows, faults };
}

/** Files in the order in which they are listed first, each with all that is listed of it. */
async function jobsOf(
  files: readonly (string | null)[],
  sizes: readonly number[],
  reading: Reading,
): Promise<ListedJob[]> {
  const jobs = new Map<string, ListedJob>();
  for (const [position, path] of files.entries()) {
    if (path === null) continue;
    const { file, part } = await placeOnDisk(path);
    const job = jobs.get(file) ?? { path: file, parts: [], positions: [], sizes, reading };
    jobs.set(file, job);
    job.parts.push(part);
    job.positions.push(position);
  }
  return [...jobs.values()];
}

const hasOtherRange = (pictures: readonly PackedPart[] | null | undefined, [from, to]: Range) =>
  pictures?.some(
    ({ sixteenBits }) =>
      sixteenBits !== null && (sixteenBits.range[0] !== from || sixteenBits.range[1] !== to),
  ) ?? false;
