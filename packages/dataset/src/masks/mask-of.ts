import type { GreyImage } from '../grey.ts';
import type { Raster } from '../raster/decode-raster.ts';
import { colours } from '../raster/sixteen-bits.ts';

/** A decoded file read as a mask: 1 where any sample is above 0, else 0. Alpha does not count; of inks 0 is none. */
export function maskOf({ width, height, channels, samples, values }: Raster): GreyImage {
  const used = Math.min(channels, colours[samples]);
  const mask = new Uint8Array(width * height);
  for (let pixel = 0, at = 0; pixel < mask.length; pixel++, at += channels) {
    for (let sample = at; sample < at + used; sample++) if (values[sample]! > 0) mask[pixel] = 1;
  }
  return { width, height, pixels: mask };
}
