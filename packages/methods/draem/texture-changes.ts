import type { RandomStream } from '@ddad/compute';
import { rotated } from './rotate.ts';

/** Grey values in 0..1, [side · side], to such. */
type Change = (pixels: Float32Array, side: number, random: RandomStream) => Float32Array;

const between = (random: RandomStream, low: number, high: number) => low + (high - low) * random.uniform();
const within = (value: number) => Math.min(1, Math.max(0, value));

/** Grey levels as bytes have them. */
const levels = 256;
const level = (value: number) => Math.round(value * (levels - 1));

/** How many pixels have each level, from black on. */
function histogram(pixels: Float32Array): Uint32Array {
  const counts = new Uint32Array(levels);
  for (const value of pixels) counts[level(value)]! += 1;
  return counts;
}

/** PIL's smoothing, by which it sharpens: the pixel five times, its eight neighbours once; the outermost pixels stay. */
function smoothed(pixels: Float32Array, side: number): Float32Array {
  return pixels.map((value, at) => {
    const [row, column] = [Math.floor(at / side), at % side];
    if (row === 0 || column === 0 || row === side - 1 || column === side - 1) return value;
    let sum = 4 * value;
    for (let down = -1; down <= 1; down += 1) {
      for (let right = -1; right <= 1; right += 1) sum += pixels[at + down * side + right]!;
    }
    return sum / 13;
  });
}

/**
 * What DRAEM changes of a texture, with imgaug's ranges, of grey values. The source has ten; a change of hue and saturation leaves grey as
 * it is.
 */
export const textureChanges: readonly { name: string; change: Change }[] = [
  {
    name: 'gamma',
    change(pixels, _side, random) {
      const gamma = between(random, 0.5, 2);
      return pixels.map((value) => value ** gamma);
    },
  },
  {
    name: 'brightness',
    change(pixels, _side, random) {
      const [factor, sum] = [between(random, 0.8, 1.2), between(random, -30, 30) / 255];
      return pixels.map((value) => within(factor * value + sum));
    },
  },
  {
    name: 'sharpness',
    change(pixels, side, random) {
      const factor = between(random, 0, 3);
      const smooth = smoothed(pixels, side);
      return pixels.map((value, at) => within(smooth[at]! + factor * (value - smooth[at]!)));
    },
  },
  { name: 'hue and saturation', change: (pixels) => pixels },
  {
    name: 'solarize',
    change(pixels, _side, random) {
      const [is, threshold] = [random.uniform() < 0.5, between(random, 32, 128) / 255];
      return is ? pixels.map((value) => (value >= threshold ? 1 - value : value)) : pixels;
    },
  },
  {
    name: 'posterize',
    change(pixels, _side, random) {
      const step = 2 ** (8 - random.integer(1, 8));
      return pixels.map((value) => (Math.floor(level(value) / step) * step) / (levels - 1));
    },
  },
  { name: 'invert', change: (pixels) => pixels.map((value) => 1 - value) },
  {
    name: 'autocontrast',
    change(pixels, _side, random) {
      const cut = Math.floor((pixels.length * random.integer(0, 20)) / 100);
      const rising = pixels.slice().sort();
      const [low, high] = [rising[cut]!, rising[rising.length - 1 - cut]!];
      return high > low ? pixels.map((value) => within((value - low) / (high - low))) : pixels;
    },
  },
  {
    name: 'equalize',
    change(pixels) {
      const counts = histogram(pixels);
      const last = counts.reduce((brightest, count, at) => (count > 0 ? at : brightest), 0);
      // PIL's: the brightest level decides no step, half a step is added before rounding down.
      const step = Math.floor((pixels.length - counts[last]!) / (levels - 1));
      if (step === 0) return pixels;
      let below = Math.floor(step / 2);
      const table = counts.map((count) => {
        const equal = Math.min(levels - 1, Math.floor(below / step));
        below += count;
        return equal;
      });
      return pixels.map((value) => table[level(value)]! / (levels - 1));
    },
  },
  { name: 'rotate', change: (pixels, side, random) => rotated(pixels, side, between(random, -45, 45)) },
];

/** A texture under three of the changes, in an order that is drawn, none twice. [side · side] in 0..1 to such. */
export function changed(pixels: Float32Array, side: number, random: RandomStream): Float32Array {
  const order = random.shuffle(textureChanges.length).subarray(0, 3);
  return order.reduce((now, at) => textureChanges[at]!.change(now, side, random), pixels);
}
