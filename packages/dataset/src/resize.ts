import type { GreyImage } from './grey.ts';
import type { Picture } from './picture.ts';

/** Fractional bits of the fixed-point weights: 8 for the pixel and 2 against overflow are left free of 32. */
const precisionBits = 32 - 8 - 2;

/** For each output position: the first input position, how many, and their weights (row `position * size`). */
interface Taps {
  size: number;
  first: Int32Array;
  count: Int32Array;
  weights: Int32Array;
}

/**
 * Weights of a triangle filter from `from` to `to` samples. Downscaling stretches the triangle by the scale, which
 * is what makes it antialiased; upscaling is plain linear interpolation. Weights sum to 1 within rounding.
 */
function triangleTaps(from: number, to: number): Taps {
  const scale = from / to;
  const stretch = Math.max(scale, 1);
  const support = stretch;
  const size = Math.ceil(support) * 2 + 1;
  const taps: Taps = {
    size,
    first: new Int32Array(to),
    count: new Int32Array(to),
    weights: new Int32Array(to * size),
  };
  const row = new Float64Array(size);
  for (let position = 0; position < to; position++) {
    const center = (position + 0.5) * scale;
    const first = Math.max(0, Math.trunc(center - support + 0.5));
    const end = Math.min(from, Math.trunc(center + support + 0.5));
    const inverse = 1 / stretch;
    let sum = 0;
    for (let i = 0; i < end - first; i++) {
      row[i] = Math.max(0, 1 - Math.abs((i + first - center + 0.5) * inverse));
      sum += row[i]!;
    }
    for (let i = 0; i < end - first; i++) {
      taps.weights[position * size + i] = Math.trunc(0.5 + (row[i]! / sum) * (1 << precisionBits));
    }
    taps.first[position] = first;
    taps.count[position] = end - first;
  }
  return taps;
}

/** Where the samples of lines lie: neighbours along a line, and the same place of neighbouring lines. */
interface Strides {
  along: number;
  across: number;
}

/** Lines worked on at once: as many as leave their part of the image in the nearest cache. */
const block = 256;

/**
 * One pass along lines. The innermost loops go over lines, with the weights of four samples at hand: a third of the time that
 * a loop over one position's samples takes.
 */
function resample(input: Uint8Array, lines: number, from: Strides, taps: Taps, to: Strides): Uint8Array {
  const { size, first, count, weights } = taps;
  const { across, along } = from;
  const output = new Uint8Array(lines * first.length);
  const sums = new Int32Array(block);
  for (let start = 0; start < lines; start += block) {
    const some = Math.min(block, lines - start);
    for (let position = 0; position < first.length; position++) {
      const end = count[position]!;
      let weight = position * size;
      let at = start * across + first[position]! * along;
      let out = start * to.across + position * to.along;
      if (end === 4) {
        // Half the size, as of many DICOM images: nothing is left to be summed up.
        const a = weights[weight]!;
        const b = weights[weight + 1]!;
        const c = weights[weight + 2]!;
        const d = weights[weight + 3]!;
        for (let line = 0; line < some; line++, at += across, out += to.across) {
          const half = Math.imul(input[at]!, a) + Math.imul(input[at + along]!, b);
          const rest = Math.imul(input[at + 2 * along]!, c) + Math.imul(input[at + 3 * along]!, d);
          output[out] = Math.min(255, (half + rest + (1 << (precisionBits - 1))) >> precisionBits);
        }
        continue;
      }
      sums.fill(1 << (precisionBits - 1));
      let tap = 0;
      for (; tap + 4 <= end; tap += 4, weight += 4, at += 4 * along) {
        const a = weights[weight]!;
        const b = weights[weight + 1]!;
        const c = weights[weight + 2]!;
        const d = weights[weight + 3]!;
        for (let line = 0, i = at; line < some; line++, i += across) {
          const half = Math.imul(input[i]!, a) + Math.imul(input[i + along]!, b);
          const rest = Math.imul(input[i + 2 * along]!, c) + Math.imul(input[i + 3 * along]!, d);
          sums[line] = (sums[line]! + half + rest) | 0;
        }
      }
      for (; tap < end; tap++, weight++, at += along) {
        const factor = weights[weight]!;
        for (let line = 0, i = at; line < some; line++, i += across) {
          sums[line] = (sums[line]! + Math.imul(input[i]!, factor)) | 0;
        }
      }
      for (let line = 0; line < some; line++, out += to.across) {
        // Weights that round up can carry a white area past 255.
        output[out] = Math.min(255, sums[line]! >> precisionBits);
      }
    }
  }
  return output;
}

/**
 * Antialiased bilinear resize, bit for bit Pillow's `resize((width, height), BILINEAR)` on an 8-bit grey image: a
 * horizontal pass rounded to 8 bit, then a vertical one, weights in fixed point; a side that keeps its length is
 * left alone. The aspect ratio is not kept.
 *
 * @param width columns wanted, at least 1
 * @param height rows wanted, at least 1
 */
export function resizeBilinear(image: GreyImage, width: number, height: number): GreyImage {
  if (!Number.isInteger(width) || !Number.isInteger(height) || width < 1 || height < 1) {
    throw new RangeError(`expected a size of whole pixels, at least 1x1, got ${width}x${height}`);
  }
  let pixels = image.pixels;
  if (width !== image.width) {
    const [rows, narrow] = [
      { along: 1, across: image.width },
      { along: 1, across: width },
    ];
    pixels = resample(pixels, image.height, rows, triangleTaps(image.width, width), narrow);
  }
  if (height !== image.height) {
    const columns = { along: width, across: 1 };
    pixels = resample(pixels, width, columns, triangleTaps(image.height, height), columns);
  }
  return { width, height, pixels };
}

/** `resizeBilinear` of every channel. */
export function resizePicture(picture: Picture, width: number, height: number): Picture {
  if (picture.channels === 1) return { ...resizeBilinear(picture, width, height), channels: 1 };
  const pixels = new Uint8Array(3 * width * height);
  for (let channel = 0; channel < 3; channel++) {
    const count = picture.width * picture.height;
    const plane = new Uint8Array(count);
    for (let i = 0; i < count; i++) plane[i] = picture.pixels[3 * i + channel]!;
    const small = resizeBilinear({ ...picture, pixels: plane }, width, height).pixels;
    for (let i = 0; i < small.length; i++) pixels[3 * i + channel] = small[i]!;
  }
  return { width, height, channels: 3, pixels };
}
