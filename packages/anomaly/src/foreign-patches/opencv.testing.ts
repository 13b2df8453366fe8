import { readFileSync } from 'node:fs';

interface Size {
  height: number;
  width: number;
}

/** Pixels are in base64. */
interface Written {
  blends: (Size & { weight: number; destination: string; piece: string; blended: string })[];
  resized: (Size & { newHeight: number; newWidth: number; piece: string; resized: string })[];
}

const written: Written = JSON.parse(
  readFileSync(new URL('./opencv.testing.json', import.meta.url), 'utf8'),
) as Written;
const pixels = (text: string) => new Uint8Array(Buffer.from(text, 'base64'));

/** What OpenCV makes of real slices, as test/reference/seamless_clone.py wrote it down: `blended` of `seamlessClone`, MIXED_CLONE. */
export const opencv = {
  blends: written.blends.map(({ destination, piece, blended, ...others }) => ({
    ...others,
    destination: pixels(destination),
    piece: pixels(piece),
    blended: pixels(blended),
  })),
  resized: written.resized.map(({ piece, resized, ...others }) => ({
    ...others,
    piece: pixels(piece),
    resized: pixels(resized),
  })),
};

/** The largest difference of grey values. */
export function largestStep(a: Uint8Array, b: Uint8Array): number {
  if (a.length !== b.length) throw new RangeError(`expected ${b.length} pixels, got ${a.length}`);
  return a.reduce((most, value, at) => Math.max(most, Math.abs(value - b[at]!)), 0);
}
