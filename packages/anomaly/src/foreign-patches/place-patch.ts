import type { RandomStream } from '@ddad/compute';
import { type Box, cut, type Piece } from './grey-image.ts';
import type { ObjectMask } from './object-mask.ts';
import type { PatchScale } from './patch-scale.ts';

type Draws = Pick<RandomStream, 'uniform' | 'integer'>;

/** Share of a source patch that an object has to fill, and of a shifted one's object that an object lies below; both exceeded. */
const objectShare = 0.7;
const overlapShare = 0.7;
/** How often a place is drawn. */
const tries = 200;
/** Of the gamma distribution of half sides, in shares of the image's side: its offset, its scale; its shape is 2. */
const [offset, scale] = [0.05, 0.03];
/** Of the normal distribution by which a patch is resized, and its bounds. */
const [deviation, smallest, largest] = [0.5, 0.7, 1.3];

const clip = (value: number, low: number, high: number) => Math.min(high, Math.max(low, value));

/** Half a side of a patch, in whole pixels: (0.05 + Γ(2, 0.03))·d, between 0.03·d and 0.4·d. */
export function drawHalf(stream: Draws, side: number, { least, most }: PatchScale): number {
  // A gamma distribution of shape 2 is the sum of two exponential ones; 1 − u is in (0, 1].
  const gamma = -scale * Math.log((1 - stream.uniform()) * (1 - stream.uniform()));
  return Math.floor(clip((offset + gamma) * side, least, most));
}

/**
 * A box in the source image that an object fills.
 * @returns null where 200 tries found none
 */
export function drawSourceBox(stream: Draws, object: ObjectMask, sizes: PatchScale): Box | null {
  const { side } = object;
  const [high, wide] = [drawHalf(stream, side, sizes), drawHalf(stream, side, sizes)];
  for (let attempt = 0; attempt < tries; attempt += 1) {
    const row = stream.integer(sizes.least, side - sizes.least - 1);
    const column = stream.integer(sizes.least, side - sizes.least - 1);
    const [top, left] = [Math.max(0, row - high), Math.max(0, column - wide)];
    const box = {
      top,
      left,
      height: Math.min(side, row + high) - top,
      width: Math.min(side, column + wide) - left,
    };
    if (object.count(box) > objectShare * box.height * box.width) return box;
  }
  return null;
}

/**
 * Height and width of a patch after resizing by clip(N(1, 0.5), 0.7, 1.3), its sides kept between 0.03·d and 0.4·d, and its aspect about
 * as it was.
 */
export function drawSize(
  stream: Draws,
  { height, width }: Pick<Box, 'height' | 'width'>,
  { least, most }: PatchScale,
): { height: number; width: number } {
  const normal = Math.sqrt(-2 * Math.log(1 - stream.uniform())) * Math.cos(2 * Math.PI * stream.uniform());
  const factor = clip(1 + deviation * normal, smallest, largest);
  const wished = clip(factor * height, least, most);
  const newWidth = clip(Math.floor((wished / height) * width), least, most);
  return { width: newWidth, height: clip(Math.floor((newWidth / width) * height), least, most) };
}

/**
 * A box of the destination for a shifted patch, on whose object an object lies there as well.
 * @param objects the patch's object, of 0 and 1
 * @returns null where 200 tries found none
 */
export function drawShiftedBox(stream: Draws, objects: Piece, destination: ObjectMask): Box | null {
  const { height, width } = objects;
  const { side } = destination;
  const filled = objects.pixels.reduce((sum, pixel) => sum + pixel, 0);
  if (filled <= objectShare * height * width) return null;
  const [high, wide] = [Math.floor(height / 2), Math.floor(width / 2)];
  if (side - high - 2 < high + 1 || side - wide - 2 < wide + 1) return null;
  for (let attempt = 0; attempt < tries; attempt += 1) {
    const top = stream.integer(high + 1, side - high - 2) - high;
    const left = stream.integer(wide + 1, side - wide - 2) - wide;
    const box = { top, left, height, width };
    // No more can lie on an object than there is.
    if (destination.count(box) <= overlapShare * filled) continue;
    const there = cut(destination.pixels, side, box).pixels;
    let both = 0;
    for (let at = 0; at < there.length; at += 1) both += there[at]! & objects.pixels[at]!;
    if (both > overlapShare * filled) return box;
  }
  return null;
}
