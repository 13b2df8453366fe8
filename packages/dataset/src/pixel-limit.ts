import { UnreadableImage } from './unreadable-image.ts';

/** Pixels of one image; holds the largest mammograms several times. */
export const mostPixels = 2 ** 26;

/** @throws UnreadableImage where an image has more */
export function requirePixels(width: number, height: number): void {
  if (width * height <= mostPixels) return;
  throw new UnreadableImage(`expected at most ${mostPixels} pixels, got ${width}x${height}`);
}
