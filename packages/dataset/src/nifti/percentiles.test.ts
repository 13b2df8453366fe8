import { afterEach, expect, test, vi } from 'vitest';
import { percentilesOf } from './percentiles.ts';
import type { Volume, Voxels } from './volume-header.ts';

const volume = (voxels: Voxels, slope = 1, intercept = 0): Volume => ({
  dims: [voxels.length, 1, 1],
  voxels,
  slope,
  intercept,
  axes: [],
  offset: [0, 0, 0],
  told: false,
});

/** A linear congruential generator: failures must come again. */
function randoms() {
  let state = 9;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** numpy's, by sorting everything. */
function bySorting({ voxels, slope, intercept }: Volume, percents: readonly number[]): number[] {
  const finite = Float64Array.from(voxels, (value) => value * slope + intercept).filter(Number.isFinite);
  const sorted = finite.sort();
  const above = sorted.subarray(sorted.findIndex((value) => value > sorted[0]!));
  return percents.map((percent) => {
    const at = ((above.length - 1) * percent) / 100;
    const [low, high] = [above[Math.floor(at)]!, above[Math.ceil(at)]!];
    return low + (high - low) * (at - Math.floor(at));
  });
}

const many = 2 ** 20;
const next = randoms();
const normal = Float32Array.from({ length: many }, () => (next() + next() + next() - 1.5) * 100);

afterEach(() => {
  vi.unstubAllGlobals();
});

test.each([
  ['below and above zero', volume(normal)],
  ['whole numbers, many of each', volume(Int16Array.from(normal))],
  ['scaled by a negative slope', volume(Int16Array.from(normal), -0.37, 12)],
  ['one hot voxel', volume(normal.with(77, 1e30))],
  ['one hot voxel on each side', volume(Float64Array.from(normal).with(7, 1.7e308).with(9, -1.7e308))],
  ['nearly equal ones', volume(Float64Array.from(normal, (value) => 1 + value * 2 ** -50))],
  ['all orders of magnitude', volume(Float64Array.from(normal, (value) => Math.sign(value) * 10 ** value))],
  ['what is no number', volume(normal.with(3, Number.NaN).with(4, Infinity).with(5, -Infinity))],
  [
    'both zeros',
    volume(
      Float64Array.from(normal, (v) => (v > 30 ? 0 : v > 0 ? -0 : v)),
      1,
      -0,
    ),
  ],
])('are those that sorting gives: %s', (_what, values) => {
  for (const percents of [
    [0.5, 99.9],
    [0, 100],
    [37.123, 50],
  ] as const)
    expect(percentilesOf(values, percents)).toEqual(bySorting(values, percents));
});

test.each([
  ['spread', normal],
  ['in one bin but for a hot voxel', normal.with(77, 1e30)],
  ['alike', normal.map((value) => (value > 0 ? 5 : 3))],
])('no copy of a large part of the volume is made, with voxels %s', (_what, voxels) => {
  const lengths: number[] = [];
  const Original = Float64Array;
  vi.stubGlobal(
    'Float64Array',
    class extends Original {
      constructor(length: number) {
        super(length);
        lengths.push(length);
      }
    },
  );
  percentilesOf(volume(voxels), [0.5, 99.9]);
  expect(Math.max(0, ...lengths)).toBeLessThan(many / 3);
});

test('of a mask they are outside and inside; of one value that value; of nothing zero', () => {
  expect(percentilesOf(volume(Uint8Array.of(0, 1, 0, 1, 1)), [0.5, 99.9])).toEqual([0, 1]);
  expect(percentilesOf(volume(Uint8Array.of(4, 4)), [0.5, 99.9])).toEqual([4, 4]);
  expect(percentilesOf(volume(Float32Array.of(Number.NaN)), [0.5, 99.9])).toEqual([0, 0]);
});
