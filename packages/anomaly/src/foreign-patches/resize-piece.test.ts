import { expect, it } from 'vitest';
import { largestStep, opencv } from './opencv.testing.ts';
import { resizePiece } from './resize-piece.ts';

it.each(opencv.resized)(
  'is OpenCV’s resize within a grey level, $height×$width to $newHeight×$newWidth',
  ({ height, width, newHeight, newWidth, piece, resized }) => {
    const found = resizePiece({ height, width, pixels: piece }, newHeight, newWidth);
    expect([found.height, found.width]).toEqual([newHeight, newWidth]);
    expect(largestStep(found.pixels, resized)).toBeLessThanOrEqual(1);
  },
);

it('keeps masks masks', () => {
  // Pixel middles 0.25 and 1.75 of two: shares ¼ outside, which are cut off; 1 and 2 of four lie at 0.25 and 0.75 between them.
  const { pixels } = resizePiece({ height: 1, width: 2, pixels: Uint8Array.of(0, 1) }, 1, 4);
  expect([...pixels]).toEqual([0, 0, 1, 1]);
});
