import { stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import type { Fault } from '@ddad/contract';
import type { FileJob, PackedPart } from '../decode-file.ts';
import { decodeFiles } from '../decode-files.ts';
import type { ExpandedFolder } from '../expand-folder.ts';
import { lookBelow } from '../find-images.ts';
import { imagePlace } from '../image-place.ts';
import { inMaskFolder } from '../layouts/image-folders.ts';
import { tellImages } from '../layouts/tell-images.ts';
import type { Reading } from '../open-image.ts';
import { sameName } from '../repartition.ts';
import { masksBeside } from './mask-name.ts';
import { type MatchedMask, matchMasks } from './match-masks.ts';
import { misfitOf } from './misfit.ts';

/** Masks of test images that are not normal. */
export interface ReadMasks {
  /** Positions of the images that have one, rising. */
  images: number[];
  /** By size: [images, size, size], 1 inside and 0 outside. */
  pixels: Uint8Array[];
  faults: Fault[];
}

interface MaskOptions {
  /** Sides of the packed images. */
  sizes: readonly number[];
  slices: Reading['slices'];
  /** Called after every file with the number of masks read so far and their total. */
  onProgress?: ((done: number, total: number) => void) | undefined;
}

/** Where a folder keeps masks, and images. */
interface MaskFiles {
  /** In front of the names of masks. */
  root: string;
  masks: string[];
  /** Images, listed or not. */
  images: string[];
  /** Folders that could not be looked into. */
  faults: Fault[];
}

/**
 * Finds and reads the masks of a dataset folder's test and held-out images: those in `masks/` beside `images/`, or in folders of masks
 * (see `folderNames`) beside or among folders of images, or beside their images. A mask has its image's name, but for the
 * extension and perhaps `_mask` (see `matchMasks`).
 * @param prefix `images/` where names count from there, else empty
 * @returns every fault: masks that cannot be read, of other sizes than their images or elsewhere, without an image, of normal
 *   images and not empty, or all of them full
 */
export async function readMasks(
  dir: string,
  prefix: string,
  {
    repartition,
    images,
    files,
    pictures,
  }: Pick<ExpandedFolder, 'repartition' | 'images' | 'files' | 'pictures'>,
  options: MaskOptions,
): Promise<ReadMasks> {
  const { sizes } = options;
  const names = images.map(({ name }) => name);
  // As they lie on disk: a published list names images without their folders.
  const places = files.map((file) => relative(join(dir, prefix), file).split(sep).join('/'));
  const found = await filesOfMasks(
    dir,
    prefix,
    new Set(places.map((place) => sameName(imagePlace(place).file))),
  );
  if (repartition === null || found.masks.length === 0)
    return { images: [], pixels: sizes.map(() => new Uint8Array()), faults: found.faults };
  const { matched, faults } = matchMasks(found.masks, places, found.images);
  faults.push(...found.faults);
  const { test, validation } = repartition;
  const normal = new Set([...validation, ...(test.labels === 'known' ? test.normal : [])]);
  const tested = test.labels === 'known' ? test.abnormal : test.labels === 'unknown' ? test.images : [];
  const wanted = new Set([...normal, ...tested]);
  // What the mask of a training image says is of no use: it is normal, or nobody asks where it is not.
  const used = matched.filter(({ position }) => wanted.has(names[position]!));
  const ofVolume = ({ position }: MatchedMask) => pictures[position]!.original.kind === 'NIfTI';
  const read = await decoded(join(dir, found.root), used, ofVolume, options);
  const kept: { position: number; path: string; mask: PackedPart }[] = [];
  for (const { position, path, outcome } of read) {
    const fault = (message: string) => faults.push({ path, message });
    if ('fault' in outcome) {
      fault(outcome.fault);
      continue;
    }
    const { mask } = outcome;
    const image = `${prefix}${imagePlace(places[position]!).file}`;
    const misfit = misfitOf(mask.original, pictures[position]!.original, image);
    if (misfit !== null) fault(misfit);
    else if (!normal.has(names[position]!)) kept.push({ position, path, mask });
    else if (mask.inside !== 0)
      fault(`expected nothing in the mask of a normal image, ${image}, got ${mask.inside} pixels above 0`);
  }
  const abnormal = used.filter(({ position }) => !normal.has(names[position]!));
  // One may fill its image, as one may be empty. Where all do, something else than 0 stands for outside.
  if (kept.length === abnormal.length && kept.every(({ mask }) => fillsImage(mask))) {
    const message =
      'expected pixels of 0, which are outside, in some mask, got none in this one and all others (--no-masks passes them over)';
    faults.push(...kept.map(({ path }) => ({ path, message })));
  }
  kept.sort((a, b) => a.position - b.position);
  const byImage = [...Map.groupBy(kept, ({ position }) => position)];
  return {
    images: byImage.map(([position]) => position),
    pixels: sizes.map((size, which) => {
      const all = new Uint8Array(byImage.length * size * size);
      for (const [place, [, some]] of byImage.entries())
        for (const { mask } of some) addMask(all, place * size * size, mask.pixels[which]!);
      return all;
    }),
    faults: onceEach(faults).map(({ path, message }) => ({ path: `${found.root}${path}`, message })),
  };
}

/** Several masks of an image are one: what is inside of any of them is inside. */
function addMask(all: Uint8Array, from: number, mask: Uint8Array): void {
  for (let at = 0; at < mask.length; at++) if (mask[at] === 1) all[from + at] = 1;
}

/** All slices of a volume have what is wrong with it. */
function onceEach(faults: readonly Fault[]): Fault[] {
  return [...new Map(faults.map((fault) => [`${fault.path}\n${fault.message}`, fault])).values()];
}

/** @param listed names of the dataset's images: a file that is one is no mask, whatever its folder is called */
async function filesOfMasks(dir: string, prefix: string, listed: ReadonlySet<string>): Promise<MaskFiles> {
  if (prefix !== '') {
    const masks = await imagesBelow(join(dir, 'masks'));
    const images = await imagesBelow(join(dir, prefix));
    const faults = [...masks.faults, ...images.faults];
    return { root: 'masks/', masks: masks.images, images: images.images, faults };
  }
  const { images: all, faults } = await imagesBelow(dir);
  const beside = masksBeside(all);
  const isMask = (path: string) => !listed.has(sameName(path)) && (inMaskFolder(path) || beside.has(path));
  return {
    root: '',
    masks: all.filter(isMask),
    images: all.filter((path) => !isMask(path)),
    faults,
  };
}

async function imagesBelow(dir: string): Promise<{ images: string[]; faults: Fault[] }> {
  const there = await stat(dir).catch(() => null);
  if (!there?.isDirectory()) return { images: [], faults: [] };
  const { files, faults } = await lookBelow(dir);
  return { images: (await tellImages(dir, files)).images.sort(), faults };
}

type ReadMask = MatchedMask & { outcome: { mask: PackedPart } | { fault: string } };

/** Reads masks on all processors, each file once. */
async function decoded(
  root: string,
  matched: readonly MatchedMask[],
  ofVolume: (mask: MatchedMask) => boolean,
  { sizes, slices, onProgress }: MaskOptions,
): Promise<ReadMask[]> {
  // Every slice counts that an image's slice asks for.
  const reading: Reading = {
    channels: 1,
    range: null,
    slices: slices === null ? null : { ...slices, every: 1, minForeground: 0 },
  };
  const groups = [...Map.groupBy(matched, ({ path }) => path)];
  const jobs = groups.map(
    ([path, some]): FileJob => ({
      path: join(root, path),
      parts: some.map(({ part }) => part),
      sizes,
      reading,
      masks: { ofVolume: some.every(ofVolume) },
    }),
  );
  const read: ReadMask[][] = groups.map(() => []);
  let done = 0;
  await decodeFiles(jobs, ({ parts }, which) => {
    read[which] = groups[which]![1].map((one, i) => {
      const part = parts[i]!;
      if ('fault' in part) return { ...one, outcome: part };
      const [mask, ...more] = part.pictures;
      const several = `expected one mask, got a file of ${part.pictures.length}`;
      return { ...one, outcome: mask === undefined || more.length > 0 ? { fault: several } : { mask } };
    });
    done += parts.length;
    onProgress?.(done, matched.length);
  });
  return read.flat();
}

const fillsImage = ({ inside, original: { width, height } }: PackedPart) => inside === width * height;
