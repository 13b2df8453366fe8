import sharp, { type Metadata } from 'sharp';
import type { Samples } from './grey.ts';
import { UnreadableImage } from './unreadable-image.ts';

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
 * @throws UnreadableImage for another colour space; else what libvips throws
 */
export async function decodeRaster(file: Buffer): Promise<Raster> {
  // `warning` is the strictest level: damaged JPEG data is only a warning to libjpeg, which fills in grey.
  const options = { failOn: 'warning', ignoreIcc: true } as const;
  const metadata = await sharp(file, options).metadata();
  const samples = samplesOf(metadata.space);
  const wide = metadata.depth === 'ushort';
  // Naming the image's own colour space on both ends keeps libvips from converting.
  const { data, info } = await sharp(file, options)
    .pipelineColourspace(metadata.space)
    .toColourspace(metadata.space)
    .raw({ depth: wide ? 'ushort' : 'uchar' })
    .toBuffer({ resolveWithObject: true });
  const values = wide
    ? new Uint16Array(data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength))
    : data;
  return { width: info.width, height: info.height, channels: info.channels, samples, values };
}
