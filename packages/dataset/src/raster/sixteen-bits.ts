import type { Samples } from '../grey.ts';
import type { Range } from '../range.ts';

/** What an image of 16 bits uses of them. */
export interface Depth {
  smallest: number;
  largest: number;
  /** Bits that the file says to be significant (PNG's sBIT); null where it says nothing. */
  significantBits: number | null;
}

/** Samples of a pixel without alpha. */
export const colours: Readonly<Record<Samples, number>> = { grey: 1, rgb: 3, cmyk: 4 };

/** Smallest and largest sample, alpha left out. */
export function depthOf(
  values: Uint16Array,
  channels: number,
  samples: Samples,
): Pick<Depth, 'smallest' | 'largest'> {
  const used = Math.min(channels, colours[samples]);
  let smallest = 65_535;
  let largest = 0;
  for (let at = 0; at < values.length; at += channels) {
    for (let sample = at; sample < at + used; sample++) {
      const value = values[sample]!;
      if (value < smallest) smallest = value;
      if (value > largest) largest = value;
    }
  }
  return { smallest, largest };
}

/** All 16 bits: what the high byte is of. */
export const allBits: Range = [0, 65_535];

/**
 * One range for several images: from 0 to the largest value of as many bits as the images need, or as they say to have. Where
 * they leave the lower three quarters of that empty (CT numbers that begin at 32768), from their smallest to their largest
 * value. Values that the standard wants scaled up to 16 bits need all of them, whatever the file says to be significant.
 */
export function rangeOf(depths: Iterable<Depth>): Range {
  let bits = 8;
  let [from, to] = [65_535, 0];
  let said = false;
  for (const { smallest, largest, significantBits } of depths) {
    const holds = significantBits !== null && largest < 2 ** significantBits;
    bits = Math.max(bits, holds ? significantBits : Math.ceil(Math.log2(largest + 1)));
    said ||= significantBits !== null;
    from = Math.min(from, smallest);
    to = Math.max(to, largest);
  }
  // Values that 8 bits hold stay what they are in 8 bits.
  const narrow = !said && bits > 8 && to > from && to - from + 1 < 2 ** bits / 4;
  return narrow ? [from, to] : [0, 2 ** bits - 1];
}

/** What an image of 16 bits uses of them, and the range that it was scaled by. */
export interface SixteenBits {
  depth: Depth;
  range: Range;
}

/** Of 256 grey levels; so few show next to nothing. */
export const fewLevels = 16;

/** An image's values of which a range leaves next to nothing. */
export interface CoarseValues {
  values: Range;
  range: Range;
}

/**
 * The values of an image of which a range leaves `fewLevels` or fewer, where there were more: it has fewer bits than the images that
 * the range is of, or is nearly empty. Null for all others.
 */
export function coarseValues({ depth: { smallest, largest }, range }: SixteenBits): CoarseValues | null {
  const levels = levelOf(largest, range) - levelOf(smallest, range) + 1;
  return levels <= fewLevels && largest - smallest >= 2 * levels
    ? { values: [smallest, largest], range }
    : null;
}

function levelOf(value: number, [from, to]: Range): number {
  const level = Math.floor(((value - from) * 256) / (to - from + 1));
  return Math.min(255, Math.max(0, level));
}

/**
 * 16-bit values to 8 bits: equal steps from the first value of the range to the last one. All 16 bits give the high byte.
 * @param values overwritten: of the largest images there is no room for a second copy
 */
export function scaled(values: Uint16Array, range: Range): Uint8Array {
  const levels = Uint8Array.from({ length: 65_536 }, (_, value) => levelOf(value, range));
  // A byte is written where the value was that has been read, or one before it.
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.length);
  for (let i = 0; i < values.length; i++) bytes[i] = levels[values[i]!]!;
  return bytes;
}
