import { gunzipSync, type ZlibOptions } from 'node:zlib';
import type { SliceAxis } from '@ddad/contract';
import type { GreyImage } from '../grey.ts';
import { isNifti } from '../image-kinds.ts';
import { mostParts } from '../image-place.ts';
import type { Picture } from '../picture.ts';
import type { Range } from '../range.ts';
import { mostUnpacked, unpackedBy } from '../unpacking.ts';
import { UnreadableImage } from '../unreadable-image.ts';
import { type Grid, gridOf } from './grid.ts';
import { percentilesOf } from './percentiles.ts';
import { cutOf } from './slices.ts';
import { readVolume } from './volume-header.ts';

/** Which slices of a volume are images. */
export interface SliceChoice {
  axis: SliceAxis;
  /** Every how many slices one is taken, beginning with the first. */
  every: number;
  /** Share of a slice's pixels that must be brighter than a tenth of the window, 0 to 1. */
  minForeground: number;
}

/** Of the voxels above a volume's lowest value: what becomes black and white. Bright lesions stay below white. */
export const windowPercentiles: Range = [0.5, 99.9];

/** A tenth of the window. */
const foreground = 25;

/** A volume that was read. */
export interface OpenedVolume {
  slices: number;
  /** Of a slice, in pixels. */
  width: number;
  height: number;
  /** Where its voxels lie, whatever it is cut along. */
  grid: Grid;
  /** Values that are black and white in every slice. */
  window: Range;
  /** Bytes of memory that it takes beside those of its file, roughly. */
  bytes: number;
  /** Slices that the choice takes, from 0. */
  chosen: number[];
  /** @throws UnreadableImage where there is no such slice */
  decode(slice: number, channels: 1 | 3): Picture;
  /** 1 where a voxel's value is above 0, else 0. @throws UnreadableImage where there is no such slice */
  mask(slice: number): GreyImage;
}

/** What a gzip file says to unpack to, in its last bytes; null where that cannot be all, as of a file made of several. */
export function toldUnpacked(file: Buffer): number | null {
  const told = file.length < 18 ? 0 : file.readUInt32LE(file.length - 4);
  return told >= file.length && told <= mostUnpacked ? told : null;
}

/**
 * The unpacked content of a .nii.gz.
 * @param most bytes that it may have (see `unpackedBy`)
 */
export function unpacked(file: Buffer, most = mostUnpacked): Buffer {
  const told = toldUnpacked(file);
  // In one piece where it is known how much that is: pieces would be copied together.
  const pieces = told === null || told > most ? {} : { chunkSize: told + 64 };
  const unpack = (options: ZlibOptions) => gunzipSync(file, { ...options, ...pieces });
  return unpackedBy(most, unpack, 'expected a whole gzip file with a NIfTI volume');
}

/**
 * Opens a NIfTI volume, as it is or packed by gzip. Its slices lie as radiologists look at them (see `cutOf`), by the affine;
 * the window is one for all slices.
 * @throws UnreadableImage for anything else, for time series, and for what is damaged or cut off
 */
export function openNifti(file: Buffer, { axis, every, minForeground }: SliceChoice): OpenedVolume {
  if (!isNifti(file)) throw new UnreadableImage('expected a NIfTI volume in a gzip file, got something else');
  const volume = readVolume(file);
  const cut = cutOf(volume, axis);
  if (cut.slices > mostParts)
    throw new UnreadableImage(`expected a NIfTI volume of at most ${mostParts} slices, got ${cut.slices}`);
  const { voxels, slope, intercept } = volume;
  const window = percentilesOf(volume, windowPercentiles);
  const [from, to] = window;
  const levelOf = (stored: number) => {
    const level = ((stored * slope + intercept - from) / (to - from)) * 255;
    // What is no number is black.
    return level > 0 ? Math.min(255, level) : 0;
  };
  const insideOf = (stored: number) => (stored * slope + intercept > 0 ? 1 : 0);
  const requireSlice = (slice: number) => {
    if (slice >= cut.slices)
      throw new UnreadableImage(`expected a slice of 0 to ${cut.slices - 1}, got ${slice}`);
  };
  const sliceOf = (slice: number, byteOf: (stored: number) => number): Uint8Array => {
    const pixels = new Uint8Array(cut.width * cut.height);
    for (let row = 0, i = 0; row < cut.height; row++) {
      let at = cut.start + slice * cut.next + row * cut.down;
      for (let column = 0; column < cut.width; column++, i++, at += cut.right)
        pixels[i] = byteOf(voxels[at]!);
    }
    return pixels;
  };
  const greyOf = (slice: number) => sliceOf(slice, levelOf);
  const bright = (pixels: Uint8Array) =>
    pixels.reduce((count, level) => count + (level > foreground ? 1 : 0), 0);
  const taken = Array.from({ length: Math.ceil(cut.slices / every) }, (_, i) => i * every);
  return {
    slices: cut.slices,
    width: cut.width,
    height: cut.height,
    grid: gridOf(volume),
    window,
    bytes: voxels.buffer === file.buffer ? 0 : voxels.byteLength,
    chosen:
      minForeground === 0
        ? taken
        : taken.filter((slice) => {
            const pixels = greyOf(slice);
            return bright(pixels) >= minForeground * pixels.length;
          }),
    decode(slice, channels) {
      requireSlice(slice);
      const grey = greyOf(slice);
      const { width, height } = cut;
      if (channels === 1) return { width, height, channels, pixels: grey };
      const pixels = new Uint8Array(3 * grey.length);
      for (let i = 0; i < grey.length; i++) pixels.fill(grey[i]!, 3 * i, 3 * i + 3);
      return { width, height, channels, pixels };
    },
    mask(slice) {
      requireSlice(slice);
      const { width, height } = cut;
      return { width, height, pixels: sliceOf(slice, insideOf) };
    },
  };
}
