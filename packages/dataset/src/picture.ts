import type { GreyImage } from './grey.ts';

/** An 8-bit image, grey or of three colours; rows from the top. */
export interface Picture extends GreyImage {
  channels: 1 | 3;
  /** width * height * channels bytes, by pixel: 0 black to 255 white, or red, green and blue. */
  pixels: Uint8Array;
}
