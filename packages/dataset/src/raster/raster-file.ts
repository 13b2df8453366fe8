import sharp, { type Metadata } from 'sharp';
import { type GreyImage, toColours, toGrey } from '../grey.ts';
import type { RasterKind } from '../image-kinds.ts';
import { maskOf } from '../masks/mask-of.ts';
import type { Picture } from '../picture.ts';
import { mostPixels, requirePixels } from '../pixel-limit.ts';
import type { Range } from '../range.ts';
import { UnreadableImage } from '../unreadable-image.ts';
import { decodeBmp, readBmpHeader } from './bmp.ts';
import { decodeRaster, type Raster } from './decode-raster.ts';
import { oriented } from './orientation.ts';
import { hidingNone } from './palette.ts';
import { pngFacts } from './png-facts.ts';
import { type Depth, depthOf, rangeOf, scaled } from './sixteen-bits.ts';

/** A raster file whose header was read. */
export interface OpenedRaster {
  width: number;
  height: number;
  /** Bytes of memory that decoding takes, roughly. */
  bytes: number;
  /**
   * @param range values of 16 bits that become 0 and 255; null for those that the image's own bits hold
   * @throws UnreadableImage for what is damaged or cut off
   */
  decode(channels: 1 | 3, range: Range | null): Promise<DecodedRaster>;
  /** 1 where a decoded sample is above 0, else 0 (see `maskOf`). @throws UnreadableImage as `decode` does */
  mask(): Promise<GreyImage>;
}

export interface DecodedRaster {
  picture: Picture;
  /** What an image of 16 bits uses of them, and the range that it was scaled by; null for 8 bits. */
  sixteenBits: { depth: Depth; range: Range } | null;
}

/**
 * Opens a PNG, JPEG, TIFF, WebP, BMP or GIF of any mode (grey, palette, RGB, CMYK; with or without alpha; 1 to 16 bit;
 * interlaced, progressive). It is decoded to 8 bits as Pillow's `ImageOps.exif_transpose(Image.open(...))` and `convert('L')`
 * or `convert('RGB')` do: within 1 level for JPEG and WebP, else equal; 16 bits are scaled (see `rangeOf`), which Pillow clips.
 * Alpha, gamma and ICC profiles are ignored, as Pillow ignores them. What a GIF's picture leaves free of its screen is black, where
 * Pillow has some colour of the palette.
 *
 * @throws UnreadableImage for animated and multi-page files, other colour spaces and numbers, and more than 2^26 pixels
 */
export async function openRaster(content: Buffer, kind: RasterKind): Promise<OpenedRaster> {
  const file = kind === 'GIF' ? hidingNone(content) : content;
  if (kind === 'BMP') {
    const { width, height } = readBmpHeader(file);
    requirePixels(width, height);
    const raster = () => decodeBmp(file, width, height);
    return {
      width,
      height,
      bytes: width * height * 8,
      decode: async (channels) =>
        eightBits(await raster(), { channels, range: null, significantBits: null, orientation: 1 }),
      mask: async () => maskOf(await raster()),
    };
  }
  const metadata = await whole(kind, () =>
    sharp(file, { ...reading(kind), limitInputPixels: false }).metadata(),
  );
  const { width, height, channels: samples } = metadata;
  requirePixels(width, height);
  const { animated, significantBits } =
    kind === 'PNG' ? pngFacts(file) : { animated: 1, significantBits: null };
  const frames = Math.max(animated, metadata.pages ?? 1);
  if (frames > 1) {
    const came = kind === 'TIFF' ? `a TIFF of ${frames} pages` : `an animated ${kind} of ${frames} frames`;
    throw new UnreadableImage(`expected one image, got ${came}`);
  }
  requireUnsigned(metadata.depth, kind);
  const { orientation = 1 } = metadata;
  const decoded = () => whole(kind, () => decodeRaster(file, metadata, reading(kind)));
  return {
    width,
    height,
    bytes: width * height * (samples * (metadata.depth === 'ushort' ? 2 : 1) + 4),
    decode: async (channels, range) =>
      eightBits(await decoded(), { channels, range, significantBits, orientation }),
    mask: async () => oriented({ ...maskOf(await decoded()), channels: 1 }, orientation),
  };
}

/**
 * `warning` is the strictest level: damaged JPEG data is only a warning to libjpeg, which fills in grey. To libtiff every tag
 * that it does not know is a warning.
 */
function reading(kind: RasterKind) {
  return {
    failOn: kind === 'TIFF' ? 'error' : 'warning',
    ignoreIcc: true,
    limitInputPixels: mostPixels,
  } as const;
}

const numbers: Partial<Record<NonNullable<Metadata['depth']>, string>> = {
  char: '8 bits with a sign',
  short: '16 bits with a sign',
  int: '32 bits',
  uint: '32 bits',
  float: 'floating point',
  double: 'floating point',
};

function requireUnsigned(depth: Metadata['depth'], kind: RasterKind): void {
  if (depth === 'uchar' || depth === 'ushort') return;
  const came = (depth && numbers[depth]) ?? 'other numbers';
  throw new UnreadableImage(`expected 8 or 16 bits a sample, got a ${kind} of ${came}`);
}

/** @throws UnreadableImage in place of what libvips throws */
async function whole<T>(kind: RasterKind, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof UnreadableImage) throw error;
    const cause = error instanceof Error ? error.message : String(error);
    // libvips' first line, without its line breaks and repetitions.
    const message = `expected a whole ${kind} image, decoding failed: ${cause.split('\n')[0]!.trim()}`;
    throw new UnreadableImage(message, { cause: error });
  }
}

interface Wanted {
  channels: 1 | 3;
  range: Range | null;
  significantBits: number | null;
  orientation: number;
}

function eightBits({ width, height, channels, samples, values }: Raster, wanted: Wanted): DecodedRaster {
  const { range, significantBits, orientation } = wanted;
  let sixteenBits: DecodedRaster['sixteenBits'] = null;
  let bytes: Uint8Array;
  if (values instanceof Uint16Array) {
    const depth = { ...depthOf(values, channels, samples), significantBits };
    sixteenBits = { depth, range: range ?? rangeOf([depth]) };
    bytes = scaled(values, sixteenBits.range);
  } else bytes = values;
  const pixels =
    wanted.channels === 1 ? toGrey(bytes, channels, samples) : toColours(bytes, channels, samples);
  return {
    picture: oriented({ width, height, channels: wanted.channels, pixels }, orientation),
    sixteenBits,
  };
}
