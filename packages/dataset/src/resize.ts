import type { GreyImage } from './grey.ts';

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

/** One pass along lines of `from` samples, `stride` apart; lines start `lineStride` apart. */
function resample(
  input: Uint8Array,
  lines: number,
  inLineStride: number,
  inStride: number,
  taps: Taps,
  outLineStride: number,
  outStride: number,
): Uint8Array {
  const to = taps.first.length;
  const output = new Uint8Array(lines * to);
  for (let line = 0; line < lines; line++) {
    for (let position = 0; position < to; position++) {
      const at = line * inLineStride + taps.first[position]! * inStride;
      const weightsAt = position * taps.size;
      let sum = 1 << (precisionBits - 1);
      for (let i = 0; i < taps.count[position]!; i++) {
        sum += input[at + i * inStride]! * taps.weights[weightsAt + i]!;
      }
      // Weights that round up can carry a white area past 255.
      output[line * outLineStride + position * outStride] = Math.min(255, sum >> precisionBits);
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
    pixels = resample(pixels, image.height, image.width, 1, triangleTaps(image.width, width), width, 1);
  }
  if (height !== image.height) {
    pixels = resample(pixels, width, 1, width, triangleTaps(image.height, height), 1, width);
  }
  return { width, height, pixels };
}
