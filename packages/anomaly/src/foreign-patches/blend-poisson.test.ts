import { describe, expect, it } from 'vitest';
import { blendPoisson } from './blend-poisson.ts';
import { cut, type GreyImage } from './grey-image.ts';
import { largestStep, opencv } from './opencv.testing.ts';

/** OpenCV's. */
const margin = 3;

describe('blending by gradients', () => {
  it.each(opencv.blends)(
    'is OpenCV’s seamlessClone of real slices within a grey level, $height×$width, weight $weight',
    ({ height, width, weight, destination, piece, blended }) => {
      // The box in a larger image, whose other pixels have no part in it.
      const side = 70;
      const box = { top: 4, left: 7, height, width };
      const image: GreyImage = { side, pixels: new Uint8Array(side * side).fill(99) };
      for (let row = 0; row < height; row += 1)
        image.pixels.set(
          destination.subarray(row * width, (row + 1) * width),
          (box.top + row) * side + box.left,
        );
      blendPoisson(image, { height, width, pixels: piece }, { ...box, weight, margin });
      const found = cut(image.pixels, side, box).pixels;
      expect(largestStep(found, blended)).toBeLessThanOrEqual(1);
      // Most of it is another one than before.
      expect(largestStep(found, destination)).toBeGreaterThan(20);
      const outside = image.pixels.filter((_, at) => {
        const [row, column] = [Math.floor(at / side) - box.top, (at % side) - box.left];
        return row < 0 || column < 0 || row >= height || column >= width;
      });
      expect(outside.every((grey) => grey === 99)).toBe(true);
    },
  );

  it('leaves an image as it is where the piece is flat, and where all of the box is margin', () => {
    const side = 16;
    const before = Uint8Array.from({ length: side * side }, (_, at) => (at * 7919) % 256);
    const blended = (pixels: Uint8Array, edge: number) => {
      const image = { side, pixels: before.slice() };
      blendPoisson(image, { height: 12, width: 11, pixels }, { top: 2, left: 3, weight: 1, margin: edge });
      return image.pixels;
    };
    expect(blended(new Uint8Array(12 * 11).fill(40), 3)).toEqual(before);
    const stripes = Uint8Array.from({ length: 12 * 11 }, (_, at) => ((at % 11) % 2) * 255);
    expect(blended(stripes, 6)).toEqual(before);
    expect(blended(stripes, 1)).not.toEqual(before);
  });

  it('refuses a piece beyond the image', () => {
    const image = { side: 8, pixels: new Uint8Array(64) };
    const piece = { height: 4, width: 4, pixels: new Uint8Array(16) };
    expect(() => blendPoisson(image, piece, { top: 5, left: 0, weight: 1, margin: 1 })).toThrow(
      'expected a piece within 8×8 pixels, got 4×4 at row 5, column 0',
    );
  });
});
