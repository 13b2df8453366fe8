import { createHash } from 'node:crypto';
import { type DatasetIndex, defaultImageSize, type Fault } from '@ddad/contract';
import { type DatasetFolder, type FolderOptions, openFolder } from './dataset-folder.ts';
import { datasetDigest } from './digest.ts';
import type { GreyImage } from './grey.ts';
import { patientNumbers, patientsOfFiles } from './patients.ts';
import { readImage } from './read-image.ts';
import type { Labelled, Repartition } from './repartition.ts';
import { resizeBilinear } from './resize.ts';
import { UnreadableImage } from './unreadable-image.ts';

/** A dataset's images at one size, as the object store keeps them. */
export interface PackedImages {
  index: DatasetIndex;
  /** `images.length * imageSize * imageSize` bytes: image after image, rows from the top. */
  pixels: Uint8Array;
  /** See `datasetDigest`. */
  digest: string;
}

/** A dataset as the object store keeps it. */
export interface PackedDataset extends PackedImages {
  /** The same at the other sizes asked for. */
  others: PackedImages[];
  /** Names of images that were left out, as there is no file (`skipMissing`). */
  skipped: string[];
}

export interface PackOptions extends FolderOptions {
  /** Sides of the packed images in pixels, each image being read once; 64 alone unless given. */
  imageSizes?: readonly number[];
  /** Called after every image with the number of images read so far and their total. */
  onProgress?: (done: number, total: number) => void;
}

/** Images decoded at a time: as many as libuv has threads; each holds one decoded image in memory. */
const concurrency = 4;

/** Runs `work` over the items, `concurrency` at a time; results keep the items' order. */
async function mapBounded<T, R>(items: readonly T[], work: (item: T, position: number) => Promise<R>) {
  const results = new Array<R>(items.length);
  let next = 0;
  const lane = async () => {
    while (next < items.length) {
      const position = next++;
      results[position] = await work(items[position]!, position);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, lane));
  return results;
}

/** SHA-256 over a decoded image, its shape included. */
function contentDigest(image: GreyImage): string {
  return createHash('sha256').update(`${image.width}x${image.height}\n`).update(image.pixels).digest('hex');
}

/** Positions with equal digests, groups of two and more, in the order of their first positions. */
function groupEqual(digests: readonly string[]): number[][] {
  const groups = Map.groupBy(digests.keys(), (position) => digests[position]!);
  return [...groups.values()].filter((group) => group.length > 1);
}

function buildIndex(
  folder: DatasetFolder & { repartition: Repartition },
  imageSize: number,
  copies: number[][],
): DatasetIndex {
  const { repartition, pathologies, patients } = folder;
  const position = new Map(folder.images.map(({ name }, at) => [name, at]));
  const positions = (names: readonly string[]) => names.map((name) => position.get(name)!);
  const part = (part: Labelled): DatasetIndex['test'] => {
    if (part.labels === 'none') return { labels: 'none' };
    if (part.labels === 'unknown') return { labels: 'unknown', images: positions(part.images) };
    return { labels: 'known', normal: positions(part.normal), abnormal: positions(part.abnormal) };
  };
  return {
    format: 1,
    imageSize,
    images: [...position.keys()],
    train: positions(repartition.train),
    unlabeled: part(repartition.unlabeled),
    test: part(repartition.test),
    validation: positions(repartition.validation),
    copies,
    synthetic: repartition.synthetic,
    // Absent where there is nothing to say: the digests of such datasets stay what they were.
    ...(pathologies === null ? {} : { pathologies }),
    ...(patients === null ? {} : { patients: patientNumbers(patients) }),
  };
}

/**
 * Reads a dataset folder (`data.json` and `images/`, or any folder of images and a repartition file; see `openFolder`)
 * into its packed form: every listed image decoded to 8-bit grey (see `decodeImage`) and resized to squares of each size
 * (see `resizeBilinear`). Images that are not listed are ignored. Equal folders give equal bytes and an equal digest.
 *
 * @returns the packed dataset; or every fault at once, of data.json and of all files, `path` being a place in
 *   data.json such as `test.1.17`. Nothing is written either way.
 */
export async function packDataset(
  dir: string,
  options: PackOptions = {},
): Promise<PackedDataset | { faults: Fault[] }> {
  const { onProgress } = options;
  const sizes = [...new Set(options.imageSizes ?? [defaultImageSize])];
  const wrong = sizes.filter((size) => !Number.isInteger(size) || size < 1 || size > 4096);
  if (sizes.length === 0 || wrong.length > 0) {
    throw new RangeError(`expected image sizes of 1 to 4096 pixels, got ${wrong.join(', ') || 'none'}`);
  }
  const folder = await openFolder(dir, options);
  const { images, files, faults } = folder;

  const packings = sizes.map((size) => ({ size, pixels: new Uint8Array(images.length * size * size) }));
  /** As DICOM files name them. */
  const patients = new Array<string | null>(images.length).fill(null);
  let done = 0;
  const read = async (file: string | null, position: number): Promise<string | Fault | null> => {
    const { name, path } = images[position]!;
    try {
      if (file === null) return null;
      const { image, patient } = await readImage(file);
      patients[position] = patient;
      for (const { size, pixels } of packings)
        pixels.set(resizeBilinear(image, size, size).pixels, position * size * size);
      return contentDigest(image);
    } catch (error) {
      if (!(error instanceof UnreadableImage)) throw error;
      return {
        path,
        message: `${options.repartition === undefined ? 'images/' : ''}${name}: ${error.message}`,
      };
    } finally {
      onProgress?.(++done, images.length);
    }
  };
  const digests: string[] = [];
  for (const result of await mapBounded(files, read)) {
    if (typeof result === 'string') digests.push(result);
    else if (result !== null) faults.push(result);
  }
  const { repartition } = folder;
  if (folder.patients === null && patients.some((patient) => patient !== null)) {
    faults.push(...patientsOfFiles(patients, images));
    folder.patients = patients;
  }
  if (repartition === null || faults.length > 0) return { faults };
  const copies = groupEqual(digests);
  const [first, ...others] = packings.map(({ size, pixels }): PackedImages => {
    const index = buildIndex({ ...folder, repartition }, size, copies);
    return { index, pixels, digest: datasetDigest(index, pixels) };
  });
  return { ...first!, others, skipped: folder.skipped };
}
