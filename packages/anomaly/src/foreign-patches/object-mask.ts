import type { Box, GreyImage } from './grey-image.ts';
import { majority } from './rank-filters.ts';

/** Grey values above it belong to an object; what is darker is background. */
const background = 20;

/** Where an image shows something, and how much of a box that is. */
export interface ObjectMask {
  /** 1 where there is an object, [side·side]. */
  pixels: Uint8Array;
  side: number;
  /** Number of the object's pixels in a box. */
  count(box: Box): number;
}

/** @param half half of the window of the median that takes grains away */
export function objectMask({ side, pixels }: GreyImage, half: number): ObjectMask {
  const bright = new Uint8Array(pixels.length);
  for (let at = 0; at < pixels.length; at += 1) if (pixels[at]! > background) bright[at] = 1;
  const mask = majority(bright, side, half);
  // Sums over all pixels above and to the left of a corner.
  const stride = side + 1;
  const sums = new Uint32Array(stride * stride);
  for (let row = 0; row < side; row += 1) {
    let sum = 0;
    for (let column = 0; column < side; column += 1) {
      sum += mask[row * side + column]!;
      sums[(row + 1) * stride + column + 1] = sums[row * stride + column + 1]! + sum;
    }
  }
  const corner = (row: number, column: number) => sums[row * stride + column]!;
  return {
    pixels: mask,
    side,
    count: ({ top, left, height, width }) =>
      corner(top + height, left + width) -
      corner(top, left + width) -
      corner(top + height, left) +
      corner(top, left),
  };
}
