import sharp, { type Metadata, type SharpOptions } from 'sharp';
import type { Samples } from '../grey.ts';
import { mostPixels } from '../pixel-limit.ts';
import { UnreadableImage } from '../unreadable-image.ts';

/** What libvips decodes, before anything is made of it. */
export interface Raster {
  width: number;
  height: number;
  /** Samples per pixel, alpha included. */
  channels: number;
  samples: Samples;
  /** width * height * channels, by pixel. */
  values: Uint8Array | Uint16Array;
}

function samplesOf(space: Metadata['space']): Samples {
  switch (space) {
    case 'b-w':
    case 'grey16':
      return 'grey';
    case 'srgb':
    case 'rgb16':
      return 'rgb';
    case 'cmyk':
      return 'cmyk';
    default:
      throw new UnreadableImage(`expected a grey, RGB or CMYK image, got colour space "${space}"`);
  }
}

/**
 * Decodes an image that libvips reads, as it is: no colour profile, gamma or rotation is applied.
 * @param metadata of the file
 * @throws UnreadableImage for another colour space; else what libvips throws
 */
export async function decodeRaster(
  file: Buffer,
  { space, depth }: Pick<Metadata, 'space' | 'depth'>,
  options: SharpOptions,
): Promise<Raster> {
  const samples = samplesOf(space);
  const wide = depth === 'ushort';
  // Naming the image's own colour space on both ends keeps libvips from converting.
  const { data, info } = await sharp(file, options)
    .pipelineColourspace(space)
    .toColourspace(space)
    .raw({ depth: wide ? 'ushort' : 'uchar' })
    .toBuffer({ resolveWithObject: true });
  return {
    width: info.width,
    height: info.height,
    channels: info.channels,
    samples,
    values: wide ? words(data) : data,
  };
}

/** A JPEG file of 8 bits as it is; see `decodeRaster`. */
export async function decodeJpeg(file: Buffer): Promise<Raster> {
  // `warning` is the strictest level: damaged data is only a warning to libjpeg, which fills in grey.
  const options = { failOn: 'warning', ignoreIcc: true, limitInputPixels: mostPixels } as const;
  return decodeRaster(file, await sharp(file, options).metadata(), options);
}

/** Without a copy where the words lie at an even address, as they do. */
function words(data: Buffer): Uint16Array {
  const even = data.byteOffset % 2 === 0 ? data : Buffer.from(new Uint8Array(data).buffer);
  return new Uint16Array(even.buffer, even.byteOffset, even.byteLength / 2);
}
