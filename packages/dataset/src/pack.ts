import { type DatasetIndex, defaultImageSize, type Fault } from '@ddad/contract';
import type { DatasetFolder, FolderOptions } from './dataset-folder.ts';
import { datasetDigest } from './digest.ts';
import { expandFolder } from './expand-folder.ts';
import type { FolderLayout } from './layouts/layout.ts';
import { type ReadMasks, readMasks } from './masks/read-masks.ts';
import { windowPercentiles } from './nifti/open-nifti.ts';
import type { Reading } from './open-image.ts';
import { pixelsDigest } from './packed-pixels.ts';
import { knownPatients, patientNumbers } from './patients.ts';
import { allBits, type CoarseValues, coarseValues } from './raster/sixteen-bits.ts';
import { readFolder } from './read-folder.ts';
import type { ReadListedImages } from './read-listed-images.ts';
import type { Labelled, Repartition } from './repartition.ts';
import { fileSeparations, fileSourceSeparations, type TrivialSeparation } from './trivial-separation.ts';

/** A dataset's images at one size, as the object store keeps them. */
export interface PackedImages {
  index: DatasetIndex;
  /** `images.length * imageSize * imageSize * channels` bytes: image after image, rows from the top, colours by pixel. */
  pixels: Uint8Array;
  /** A byte a pixel, 1 inside and 0 outside: mask after mask, as `masks.images` of the index has them. Absent without masks. */
  masks?: Uint8Array;
  /** See `datasetDigest`. */
  digest: string;
}

/** An image that its range leaves next to no grey levels. */
export interface CoarseImage extends CoarseValues {
  name: string;
}

/** A dataset as the object store keeps it. */
export interface PackedDataset extends PackedImages {
  /** The same at the other sizes asked for. */
  others: PackedImages[];
  /** How well sizes and formats of the files tell the test images' labels. */
  separations: TrivialSeparation[];
  /** How well they tell unlabeled from normal images. */
  sourceSeparations: TrivialSeparation[];
  /** 16-bit images that keep next to no grey levels in the range of all (see `coarseValues`). */
  coarse: CoarseImage[];
  /** Names of images that were left out, as there is no file (`skipMissing`). */
  skipped: string[];
  /** Files and folders that systems made by themselves (.DS_Store, Thumbs.db, .Trash-1000), which were not looked at. */
  passedOver: number;
  /** What the folders were taken for; null where data.json or another list says what images are. */
  layout: Pick<FolderLayout, 'title' | 'leftOut' | 'noImages'> | null;
}

export interface PackOptions extends FolderOptions, Partial<Reading> {
  /** Sides of the packed images in pixels, each image being read once; 64 alone unless given. */
  imageSizes?: readonly number[];
  /** False: folders of masks are passed over. */
  masks?: boolean | undefined;
  /** Called after every file with the number of images read so far and their total. */
  onProgress?: (done: number, total: number) => void;
  /** The same of masks, which are read once all images are. */
  onMaskProgress?: (done: number, total: number) => void;
}

/** Positions with equal digests, groups of two and more, in the order of their first positions. */
function groupEqual(digests: readonly string[]): number[][] {
  const groups = Map.groupBy(digests.keys(), (position) => digests[position]!);
  return [...groups.values()].filter((group) => group.length > 1);
}

function buildIndex(
  folder: Pick<DatasetFolder, 'images' | 'pathologies' | 'patients'> & { repartition: Repartition },
  imageSize: number,
  copies: number[][],
  reading: Pick<DatasetIndex, 'channels' | 'range' | 'volumes' | 'masks'>,
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
    ...reading,
  };
}

/** How the images were read, as far as it is not how all were read before there was a choice. */
function readingOf(
  { channels = 1, slices = null }: Partial<Reading>,
  { range, windows }: ReadListedImages,
): Pick<DatasetIndex, 'channels' | 'range' | 'volumes'> {
  const usual = range === null || (range[0] === allBits[0] && range[1] === allBits[1]);
  return {
    ...(channels === 3 ? { channels } : {}),
    ...(usual ? {} : { range: [range[0], range[1]] }),
    ...(slices === null || windows.size === 0
      ? {}
      : {
          volumes: {
            ...slices,
            percentiles: [...windowPercentiles],
            windows: Object.fromEntries([...windows].map(([name, [from, to]]) => [name, [from, to]])),
          },
        }),
  };
}

/** Masks at one of the sizes, and their entry in the index; null where there are none. */
function masksOf(masks: ReadMasks | null, which: number) {
  if (masks === null || masks.images.length === 0) return null;
  const pixels = masks.pixels[which]!;
  return { pixels, entry: { digest: pixelsDigest(pixels), images: masks.images } };
}

/**
 * Reads a dataset folder (`data.json` and `images/`, folders with names, or any folder and a repartition file; see `openFolder`)
 * into its packed form: every listed image decoded to 8 bits (see `openImage`) and resized to squares of each size
 * (see `resizePicture`). A listed file of several images stands for all of them, `NAME#PART` for one. Images that are not
 * listed are ignored. Masks of test images (see `readMasks`) go with them. Equal folders and options give equal bytes and an
 * equal digest.
 *
 * @returns the packed dataset; or every fault at once, of data.json and of all files, `path` being a place in
 *   data.json such as `test.1.17`. Nothing is written either way.
 */
export async function packDataset(
  dir: string,
  options: PackOptions = {},
): Promise<PackedDataset | { faults: Fault[] }> {
  const sizes = [...new Set(options.imageSizes ?? [defaultImageSize])];
  const wrong = sizes.filter((size) => !Number.isInteger(size) || size < 1 || size > 4096);
  if (sizes.length === 0 || wrong.length > 0) {
    throw new RangeError(`expected image sizes of 1 to 4096 pixels, got ${wrong.join(', ') || 'none'}`);
  }
  const { channels = 1, range = null, slices = null, onProgress, onMaskProgress } = options;
  const { folder, read } = await readFolder(dir, options, {
    sizes,
    reading: { channels, range, slices },
    onProgress,
  });
  const expanded = expandFolder(folder, read);
  const { repartition, images, pathologies, pictures, faults } = expanded;
  const known = knownPatients(expanded);
  faults.push(...known.faults);
  // Sizes are compared with those of images, which must all be there.
  const masks =
    options.masks === false || faults.length > 0
      ? null
      : await readMasks(dir, folder.prefix, expanded, { sizes, slices, onProgress: onMaskProgress });
  faults.push(...(masks?.faults ?? []));
  if (repartition === null || faults.length > 0) return { faults };
  const copies = groupEqual(pictures.map(({ digest }) => digest));
  const described = { repartition, images, pathologies, patients: known.patients };
  const [first, ...others] = sizes.map((size, which): PackedImages => {
    const area = size * size * channels;
    const pixels = new Uint8Array(pictures.length * area);
    for (const [position, picture] of pictures.entries()) pixels.set(picture.pixels[which]!, position * area);
    const masked = masksOf(masks, which);
    const index = buildIndex(described, size, copies, {
      ...readingOf(options, read),
      ...(masked === null ? {} : { masks: masked.entry }),
    });
    const packed = { index, pixels, digest: datasetDigest(index, pixels) };
    return masked === null ? packed : { ...packed, masks: masked.pixels };
  });
  const { skipped, passedOver, layout } = folder;
  const originals = pictures.map(({ original }) => original);
  const separations = fileSeparations(first!.index, originals);
  const sourceSeparations = fileSourceSeparations(first!.index, originals);
  const coarse = pictures.flatMap(({ sixteenBits }, position) => {
    const found = sixteenBits && coarseValues(sixteenBits);
    return found === null ? [] : [{ name: images[position]!.name, ...found }];
  });
  return { ...first!, others, separations, sourceSeparations, coarse, skipped, passedOver, layout };
}
