import type { GreyImage } from '../grey.ts';

/** Where the middle of each of `to` pixels lies among `from` of them. */
const middles = (from: number, to: number) =>
  Int32Array.from({ length: to }, (_, at) => Math.floor(((at + 0.5) * from) / to));

/**
 * Nearest-neighbour resize, as Pillow's `resize((width, height), NEAREST)`: every pixel is that under its middle. A mask stays a
 * mask; what is narrower than a pixel of the result may vanish.
 */
export function resizeNearest(image: GreyImage, width: number, height: number): GreyImage {
  const pixels = new Uint8Array(width * height);
  const columns = middles(image.width, width);
  const rows = middles(image.height, height);
  for (let y = 0, at = 0; y < height; y++) {
    const row = rows[y]! * image.width;
    for (let x = 0; x < width; x++, at++) pixels[at] = image.pixels[row + columns[x]!]!;
  }
  return { width, height, pixels };
}
