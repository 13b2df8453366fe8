import type { GreyImage } from '../grey.ts';
import type { Picture } from '../picture.ts';

/** A picture read as a mask: 1 where any channel is above 0, else 0. */
export function maskOf({ width, height, channels, pixels }: Picture): GreyImage {
  const mask = new Uint8Array(width * height);
  for (let at = 0; at < pixels.length; at++) if (pixels[at]! > 0) mask[Math.floor(at / channels)] = 1;
  return { width, height, pixels: mask };
}
