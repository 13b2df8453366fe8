import { drawTurn, type PatchRecipe, pastePatches, turnAndShift } from '@ddad/anomaly';
import { randomStream } from '@ddad/compute';
import { expect, it } from 'vitest';
import { anomalyBatches } from './anomaly-batches.ts';

const [side, normals, batchSize] = [64, 5, 2];
const area = side * side;
const patches: PatchRecipe = { source: 'other', place: 'same', blend: 'interpolate', label: 'factor' };
/** Images of one grey value each, so that what is pasted tells where it comes from. */
const images = Uint8Array.from({ length: 8 * area }, (_, i) => 40 + 25 * Math.floor(i / area));
const batches = (change: object = {}) =>
  anomalyBatches({
    images: images.subarray(0, normals * area),
    side,
    normals,
    patches,
    seed: 9,
    batchSize,
    ...change,
  });
const read = (write: ReturnType<typeof anomalyBatches>, step: number) => {
  const target = {
    images: new Float32Array(batchSize * area),
    labels: new Float32Array(batchSize * area),
  };
  write(step, target);
  return target;
};
/** Which image it is: the grey value of most pixels. */
const most = (pixels: Float32Array) => {
  const counts = new Map<number, number>();
  for (const value of pixels) counts.set(value, (counts.get(value) ?? 0) + 1);
  return Math.round(([...counts].toSorted((a, b) => b[1] - a[1])[0]![0] * 255 - 40) / 25);
};

it('an epoch has every image once, up to the last incomplete batch; every one becomes an anomaly', () => {
  const write = batches();
  for (const epoch of [0, 1]) {
    const found = [0, 1].flatMap((step) => {
      const { images: made, labels } = read(write, 2 * epoch + step);
      return [0, 1].map((at) => {
        const label = labels.subarray(at * area, (at + 1) * area);
        expect(Math.max(...label)).toBeGreaterThanOrEqual(0.05);
        return most(made.subarray(at * area, (at + 1) * area));
      });
    });
    expect(new Set(found).size).toBe(4);
  }
});

it('a batch follows from its number alone', () => {
  const [write, again] = [batches(), batches()];
  const third = read(write, 3);
  read(again, 7);
  expect(read(again, 3)).toEqual(third);
  expect(read(batches({ seed: 10 }), 3)).not.toEqual(third);
});

it('is turned, shifted and pasted by streams of seed, epoch and image', () => {
  const waves = Uint8Array.from(
    { length: normals * area },
    (_, i) => 128 + 100 * Math.sin(i * 0.01 + i / area),
  );
  const write = batches({ images: waves, patches: { ...patches, source: 'same', place: 'shifted' } });
  const { images: made, labels } = read(write, 2);
  const image = randomStream(9, 'order', 1).shuffle(normals)[0]!;
  const stream = randomStream(9, 'anomaly', 1, image);
  const own = { side, pixels: waves.subarray(image * area, (image + 1) * area) };
  const turned = turnAndShift(own, drawTurn(stream, side));
  const expected = pastePatches(turned, turned, { ...patches, source: 'same', place: 'shifted' }, stream);
  expect(made.subarray(0, area)).toEqual(Float32Array.from(expected.image.pixels, (grey) => grey / 255));
  expect(labels.subarray(0, area)).toEqual(expected.label);
});

it('unlabeled images are sources alone', () => {
  const write = batches({ images });
  const greys = new Set<number>();
  for (let step = 0; step < 40; step += 1) {
    const { images: made, labels } = read(write, step);
    for (const at of [0, 1]) {
      const own = most(made.subarray(at * area, (at + 1) * area));
      expect(own).toBeLessThan(normals);
      // Of one pixel in a patch: x + f·(s − x).
      const place = labels.subarray(at * area, (at + 1) * area).findIndex((label) => label > 0.5);
      if (place < 0) continue;
      const [x, f] = [40 + 25 * own, labels[at * area + place]!];
      const grey = made[at * area + place]! * 255;
      greys.add(Math.round((x + (grey - x) / f - 40) / 25));
    }
  }
  expect([...greys].some((source) => source >= normals)).toBe(true);
  expect(Math.max(...greys)).toBe(7);
});
