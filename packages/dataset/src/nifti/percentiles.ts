import type { Range } from '../range.ts';
import type { Volume } from './volume-header.ts';

/** Of 16 bits. */
const bins = 2 ** 16;
/** Values that are held to be sorted; more are told apart by their next bits. */
const mostSorted = 2 ** 18;

const double = new Float64Array(1);
const words = new Uint32Array(double.buffer);

/**
 * 16 bits of a value, the highest first, such that they never fall where a value rises of those whose bits before are equal.
 * @param level 0 to 3
 */
function bitsOf(value: number, level: number): number {
  // There are two zeros, which are equal.
  double[0] = value + 0;
  const high = words[1]!;
  const word = level < 2 ? high : words[0]!;
  const bits = level % 2 === 0 ? word >>> 16 : word & 0xffff;
  // Of negative numbers larger bits are further down.
  if (high >= 2 ** 31) return bits ^ 0xffff;
  return level === 0 ? bits | 0x8000 : bits;
}

/**
 * The values of a volume from `low` to `high` in their order, which have the same bits before those of a level. They are never held
 * all at once, however many are alike: they are counted by their bits, and those of the same bits are looked at when they are
 * asked for.
 */
class Ranks {
  readonly #volume: Volume;
  readonly #low: number;
  readonly #high: number;
  readonly #level: number;
  readonly #counts = new Uint32Array(bins);
  readonly #within = new Map<number, Ranks | Float64Array | number>();
  /** How many values there are. */
  readonly length: number;

  constructor(volume: Volume, low: number, high: number, level = 0) {
    this.#volume = volume;
    this.#low = low;
    this.#high = high;
    this.#level = level;
    const { voxels, slope, intercept } = volume;
    let length = 0;
    for (let i = 0; i < voxels.length; i++) {
      const value = voxels[i]! * slope + intercept;
      // What is no number lies in no range.
      if (!(value >= low && value <= high)) continue;
      this.#counts[bitsOf(value, level)]! += 1;
      length += 1;
    }
    this.length = length;
  }

  /** The n-th smallest value, from 0, of at least so many. */
  nth(n: number): number {
    let before = 0;
    let bin = 0;
    while (before + this.#counts[bin]! <= n) before += this.#counts[bin++]!;
    const within = this.#within.get(bin) ?? this.#valuesOf(bin);
    this.#within.set(bin, within);
    if (typeof within === 'number') return within;
    return within instanceof Ranks ? within.nth(n - before) : within[n - before]!;
  }

  /** The values of a bin: one where they are all the same, sorted where they are few, else by ranks. */
  #valuesOf(bin: number): Ranks | Float64Array | number {
    const { voxels, slope, intercept } = this.#volume;
    const count = this.#counts[bin]!;
    const sorted = new Float64Array(count <= mostSorted ? count : 0);
    let filled = 0;
    let [low, high] = [this.#high, this.#low];
    for (let i = 0; i < voxels.length; i++) {
      const value = voxels[i]! * slope + intercept;
      if (!(value >= this.#low && value <= this.#high) || bitsOf(value, this.#level) !== bin) continue;
      if (filled < sorted.length) sorted[filled++] = value;
      if (value < low) low = value;
      if (value > high) high = value;
    }
    if (low === high) return low;
    return count <= mostSorted ? sorted.sort() : new Ranks(this.#volume, low, high, this.#level + 1);
  }
}

/**
 * Percentiles of the voxels above a volume's lowest value, which is what lies around the patient; between two values as
 * numpy's default, linearly. What is no finite number does not count.
 * @param percents 0 to 100
 * @returns values (see `Volume`); where both are one (a mask), the lowest and that one; the lowest twice where there is no other
 */
export function percentilesOf(volume: Volume, percents: Range): Range {
  const { voxels, slope, intercept } = volume;
  let [lowest, second, highest] = [Infinity, Infinity, -Infinity];
  for (let i = 0; i < voxels.length; i++) {
    const value = voxels[i]! * slope + intercept;
    if (!Number.isFinite(value)) continue;
    if (value < lowest) [lowest, second] = [value, lowest];
    else if (value > lowest && value < second) second = value;
    if (value > highest) highest = value;
  }
  if (!(highest > lowest)) return Number.isFinite(lowest) ? [lowest, lowest] : [0, 0];
  const ranks = new Ranks(volume, second, highest);
  const percentile = (percent: number): number => {
    const at = ((ranks.length - 1) * percent) / 100;
    const low = ranks.nth(Math.floor(at));
    return low + (ranks.nth(Math.ceil(at)) - low) * (at - Math.floor(at));
  };
  const [from, to] = [percentile(percents[0]), percentile(percents[1])];
  return [from < to ? from : lowest, to];
}
