import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomStream, tf } from '@ddad/compute';
import { backbone, initialise } from '@ddad/models';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { discrepancies, type Ensemble, ensembleOf } from '../maps/ensemble.ts';
import {
  dropoutExamples,
  ensembleExamples,
  type NormalImages,
  type RefinerExamples,
} from './refiner-examples.ts';

const [side, count, batchSize] = [64, 140, 8];
const area = side ** 2;
const model = backbone('ae', side);
const member = (seed: number) => model.fold(initialise(model.parameters, seed));
const ensemble: Ensemble = ensembleOf(model, { ndm: [member(1), member(2)], udm: [member(3)] });

const pixels = new Float32Array(count * area);
randomStream(5, 'pixels').fillUniform(-1, 1, pixels);
const images: NormalImages = { pixels, side, seed: 11 };
const order = randomStream(11, 'order').shuffle(count);

let directory: string;
let examples: RefinerExamples;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ddad-examples-'));
  examples = ensembleExamples(ensemble, images, directory);
});
afterAll(async () => {
  examples.dispose();
  await rm(directory, { recursive: true });
});

function batchOf(from: RefinerExamples, epoch: number, start: number) {
  const target = {
    maps: new Float32Array(batchSize * area * 2),
    labels: new Float32Array(batchSize * area).fill(7),
  };
  from.write(epoch, order, start, target);
  return target;
}

/** Which images of a batch have a patch. */
const patched = (labels: Float32Array) =>
  Array.from({ length: batchSize }, (_, i) =>
    labels.subarray(i * area, (i + 1) * area).some((label) => label === 1),
  );

it('gives an image without a patch the maps that the members make of it, and no label', () => {
  const { maps, labels } = batchOf(examples, 0, 16);
  const plain = patched(labels).flatMap((has, i) => (has ? [] : [i]));
  expect(plain.length).toBeGreaterThan(0);
  expect(plain.length).toBeLessThan(batchSize);
  tf.tidy(() => {
    for (const i of plain) {
      const position = order[16 + i]!;
      const image = tf.tensor4d(pixels.slice(position * area, (position + 1) * area), [1, side, side, 1]);
      const weights = Object.fromEntries(
        [...ensemble.weights].map(([name, { shape, data }]) => [name, tf.tensor(data.slice(), shape)]),
      );
      const { aIntra, aInter } = discrepancies(ensemble, weights, image);
      const expected = tf.concat([aIntra, aInter ?? aIntra], 3).dataSync();
      const found = maps.subarray(i * area * 2, (i + 1) * area * 2);
      expect(Math.max(...found.map((value, at) => Math.abs(value - expected[at]!)))).toBeLessThan(1e-6);
      expect(Math.max(...found)).toBeGreaterThan(1e-3);
      expect(labels.subarray(i * area, (i + 1) * area).every((label) => label === 0)).toBe(true);
    }
  });
});

it('gives an image without a patch the same maps in every epoch', () => {
  const [first, second] = [0, 1].map((epoch) => batchOf(examples, epoch, 16));
  const plain = [first!, second!].map(({ labels }) => patched(labels).map((has) => !has));
  const both = plain[0]!.flatMap((is, i) => (is && plain[1]![i] ? [i] : []));
  expect(both).not.toEqual([]);
  for (let i = 0; i < batchSize; i++) {
    const [a, b] = [first!, second!].map(({ maps }) => maps.subarray(i * area * 2, (i + 1) * area * 2));
    expect(a!.every((value, at) => value === b![at])).toBe(both.includes(i));
  }
});

it('gives maps of passes with MC Dropout too, and the same again', () => {
  const size = 8;
  const some = { ...images, pixels: pixels.subarray(0, 20 * area) };
  const networks = ensembleOf(model, { ndm: [member(1)], udm: [member(3)] });
  const passes = dropoutExamples(networks, { rate: 0.3, passes: 3, seed: 5 }, some, size);
  const few = Uint32Array.from({ length: 20 }, (_, i) => i);
  const mapsOf = (start: number) => {
    const target = { maps: new Float32Array(size * area * 2), labels: new Float32Array(size * area) };
    passes.write(0, few, start, target);
    return target.maps;
  };
  try {
    const turns = [0, 8, 12].map(mapsOf);
    expect([0, 8, 12].map(mapsOf)).toEqual(turns);
    for (const maps of turns) expect(maps.every((value) => value >= 0)).toBe(true);
    expect(Math.max(...turns[2]!)).toBeGreaterThan(1e-3);
  } finally {
    passes.dispose();
  }
});

it('patches other images in another epoch, about half of them, and changes their maps', () => {
  const starts = Array.from({ length: Math.floor(count / batchSize) }, (_, i) => i * batchSize);
  const first = starts.map((start) => batchOf(examples, 1, start));
  const second = starts.map((start) => batchOf(examples, 2, start));
  const of = (batches: typeof first) => batches.flatMap(({ labels }) => patched(labels));
  const share = of(first).filter(Boolean).length / of(first).length;
  // 136 draws with probability 1/2: 0.35 and 0.65 are 3.5 standard deviations away.
  expect(share).toBeGreaterThan(0.35);
  expect(share).toBeLessThan(0.65);
  expect(of(second)).not.toEqual(of(first));
  const mapsOf = (batches: typeof first, at: number) =>
    batches[Math.floor(at / batchSize)]!.maps.subarray(
      (at % batchSize) * area * 2,
      ((at % batchSize) + 1) * area * 2,
    );
  of(first).forEach((has, at) => {
    const same = mapsOf(first, at).every((value, i) => value === mapsOf(second, at)[i]);
    expect(same).toBe(!has && !of(second)[at]);
  });
});

it('gives the same bytes to whoever begins in the middle of an epoch', () => {
  const whole = Array.from({ length: 17 }, (_, i) => batchOf(examples, 3, i * batchSize));
  const resumed = ensembleExamples(ensemble, images, directory);
  try {
    for (const i of [9, 10, 16]) expect(batchOf(resumed, 3, i * batchSize)).toEqual(whole[i]);
  } finally {
    resumed.dispose();
  }
});

it('gives the same bytes where memory has room for one of the three blocks, or for none', async () => {
  const whole = Array.from({ length: 17 }, (_, i) => batchOf(examples, 4, i * batchSize));
  // Two channels of 64 images.
  for (const mostBytes of [64 * area * 2 * 4, 0]) {
    const bounded = ensembleExamples(ensemble, images, directory, mostBytes);
    for (const [i, batch] of whole.entries()) expect(batchOf(bounded, 4, i * batchSize)).toEqual(batch);
    expect(await readdir(directory)).toEqual(['blocks.f32']);
    bounded.dispose();
    expect(await readdir(directory)).toEqual([]);
  }
});
