import type { Range } from '../range.ts';
import type { Volume } from './volume-header.ts';

const bins = 2 ** 16;

/**
 * Percentiles of the voxels above a volume's lowest value, which is what lies around the patient; between two values as
 * numpy's default, linearly. What is no finite number does not count.
 * @param percents 0 to 100
 * @returns values (see `Volume`); where both are one (a mask), the lowest and that one; the lowest twice where there is no other
 */
export function percentilesOf({ voxels, slope, intercept }: Volume, percents: Range): Range {
  const valueAt = (i: number) => voxels[i]! * slope + intercept;
  let [lowest, highest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < voxels.length; i++) {
    const value = valueAt(i);
    if (!Number.isFinite(value)) continue;
    if (value < lowest) lowest = value;
    if (value > highest) highest = value;
  }
  if (!(highest > lowest)) return Number.isFinite(lowest) ? [lowest, lowest] : [0, 0];
  const counts = new Float64Array(bins);
  const binOf = (value: number) =>
    Math.min(bins - 1, Math.floor(((value - lowest) / (highest - lowest)) * bins));
  let count = 0;
  for (let i = 0; i < voxels.length; i++) {
    const value = valueAt(i);
    if (!(value > lowest) || !Number.isFinite(value)) continue;
    counts[binOf(value)]! += 1;
    count += 1;
  }
  const sorted = new Map<number, Float64Array>();
  /** The values of a bin, which are few. */
  const inBin = (bin: number): Float64Array => {
    const known = sorted.get(bin);
    if (known !== undefined) return known;
    const values = new Float64Array(counts[bin]!);
    let filled = 0;
    for (let i = 0; i < voxels.length; i++) {
      const value = valueAt(i);
      if (value > lowest && Number.isFinite(value) && binOf(value) === bin) values[filled++] = value;
    }
    values.sort();
    sorted.set(bin, values);
    return values;
  };
  /** The n-th smallest value, from 0. */
  const nth = (n: number): number => {
    let before = 0;
    for (let bin = 0; bin < bins; bin++) {
      if (before + counts[bin]! > n) return inBin(bin)[n - before]!;
      before += counts[bin]!;
    }
    return highest;
  };
  const percentile = (percent: number): number => {
    const at = ((count - 1) * percent) / 100;
    const low = nth(Math.floor(at));
    return low + (nth(Math.ceil(at)) - low) * (at - Math.floor(at));
  };
  const [from, to] = [percentile(percents[0]), percentile(percents[1])];
  return [from < to ? from : lowest, to];
}
