import { expect, test } from 'vitest';
import { mixedBatches } from './mixed-batches.ts';

const { centreOf, descriptorOf, sigmaOf } = await import('./descriptor.ts');

/** Codes that are 0 but for their first components. */
const codes = (...rows: number[][]) =>
  Float32Array.from(rows.flatMap((row) => [...row, ...Array<number>(128 - row.length).fill(0)]));

test('the centre is the mean, with what is near 0 pushed out, and 0 left as it is', () => {
  const centre = centreOf(codes([1, 0.1, -0.3, 0.1], [2, -0.02, 0.2, 0.1]));
  // Means 1.5, 0.04, −0.05 and 0.1.
  expect([...centre.slice(0, 5)].map((value) => Number(value.toFixed(6)))).toEqual([1.5, 0.1, -0.1, 0.1, 0]);
});

test('σ is the mean over batches of mean squares of at least 1', () => {
  const centre = codes([1, 0.5]);
  // Squares 0.25, 4.25 and 0.25: batches of two have max(1, 2.25) and max(1, 0.25).
  expect(sigmaOf(codes([1], [3, 1], [1, 1]), centre, 2)).toBeCloseTo((2.25 + 1) / 2, 6);
});

test('σ goes by the new centre the first time, later by the one before', () => {
  const of = codes([3], [5]);
  const first = descriptorOf(of, null, 2);
  expect([first.centre[0], first.sigma]).toEqual([4, 1]);
  const later = descriptorOf(of, codes([0]), 2);
  expect([later.centre[0], later.sigma]).toEqual([4, (9 + 25) / 2]);
});

test('a batch is a function of seed, epoch and image: half of the images mirrored, shares up to one half', () => {
  const side = 4;
  const [count, batchSize] = [40, 20];
  // Rows rise from the image's number on.
  const images = Float32Array.from({ length: count * 16 }, (_, at) => Math.floor(at / 16) + (at % 4) / 10);
  const batch = (step: number, seed = 1) => {
    const target = { images: new Float32Array(batchSize * 16), alpha: new Float32Array(batchSize) };
    mixedBatches({ images, side, seed, batchSize })(step, target);
    return target;
  };
  expect(batch(3)).toEqual(batch(3));
  expect(batch(3, 2)).not.toEqual(batch(3));
  const all = [0, 1, 2, 3, 4, 5].map((step) => batch(step));
  const firsts = all.flatMap(({ images: made }) =>
    Array.from({ length: batchSize }, (_, at) => made[at * 16]!),
  );
  const mirrored = firsts.filter((value) => value % 1 > 0.15).length / firsts.length;
  expect(Math.abs(mirrored - 0.5)).toBeLessThan(0.14);
  expect(new Set(firsts.slice(0, count).map(Math.floor)).size).toBe(count);
  const shares = all.flatMap(({ alpha }) => [...alpha]);
  expect(Math.max(...shares)).toBeLessThan(0.5);
  expect(Math.abs(shares.reduce((sum, share) => sum + share, 0) / shares.length - 0.25)).toBeLessThan(0.05);
});
