/** c and σ of an encoder's first weights, on images as datasets have them: whether the Gaussian teaches anything from the first step on. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TensorData } from '@ddad/compute';
import { pixelsDigest } from '@ddad/dataset/packed-pixels';
import { initialise } from '@ddad/models';
import { decodeSafetensors } from '@ddad/storage/safetensors';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { taskOf } from '../make-task.testing.ts';
import { phantomPixels } from '../phantom-pixels.testing.ts';
import { undisturbed } from '../undisturbed.testing.ts';
import { codesOf, descriptorOf, descriptorTensors } from './descriptor.ts';
import { type NetworksSpec, networksKind, recipes } from './kinds.ts';
import { mixedBatches } from './mixed-batches.ts';
import { latentSize } from './networks.ts';
import { igdParameters, igdStep, trainNetworks } from './train-networks.ts';

const [count, batchSize, side, width, seed] = [32, 8, 64, 2, 3];
const form = { imageSize: side, batchSize, learningRate: 1e-4, width, epochs: 256 };
const stepsPerEpoch = count / batchSize;
const first = initialise(igdParameters(side, width), seed);

let directory: string;
let packed: Awaited<ReturnType<typeof phantomPixels>>;
/** One for all tests: TensorFlow takes longest to compile it. */
let step: ReturnType<typeof igdStep>;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ddad-descriptor-'));
  packed = await phantomPixels(directory, count);
  step = igdStep(form, { stepsPerEpoch, mode: 'graph' });
});
afterAll(async () => {
  step.dispose();
  await rm(directory, { recursive: true });
});

/** The first epoch's batches. */
function firstBatches() {
  const images = Float32Array.from(packed.pixels, (grey) => grey / 127.5 - 1);
  const write = mixedBatches({ images, side, seed, batchSize });
  return Array.from({ length: stepsPerEpoch }, (_, step) => {
    const batch = {
      images: new Float32Array(batchSize * side * side),
      alpha: new Float32Array(batchSize),
    };
    write(step, batch);
    return batch;
  });
}

test('codes are those that the generator’s steps have: its distance follows from them', async () => {
  const batches = firstBatches();
  const coding = { weights: first, side, width, batchSize, isFrozen: false };
  const images = batches.map((batch) => batch.images);
  const codes = (await codesOf(coding, images, async () => true))!;
  const { centre, sigma } = descriptorOf(codes, null, batchSize);
  const distances = Array.from({ length: batchSize }, (_, row) => {
    const own = codes.subarray(row * latentSize, (row + 1) * latentSize);
    return 1 - Math.exp(-own.reduce((sum, value, at) => sum + (value - centre[at]!) ** 2, 0) / sigma);
  });
  step.write(new Map([...first, ...descriptorTensors({ centre, sigma })]));
  const { watched } = step.run('generator', batches[0]!);
  const mean = distances.reduce((sum, value) => sum + value, 0) / batchSize;
  expect(watched.distance).toBeCloseTo(mean, 4);
});

test('codes are no more where they are told to stop, behind the batch that they are at', async () => {
  const coding = { weights: first, side, width, batchSize, isFrozen: false };
  let asked = 0;
  const images = firstBatches().map((batch) => batch.images);
  expect(await codesOf(coding, images, async () => ++asked < 2)).toBeNull();
  expect(asked).toBe(2);
});

test('a training’s first c and σ let the Gaussian teach from its first step on', async () => {
  const spec: NetworksSpec = {
    recipe: recipes.networks,
    seed,
    ...form,
    imagesDigest: pixelsDigest(packed.pixels),
  };
  const images = Array.from({ length: count }, (_, i) => i);
  const task = taskOf(networksKind, spec, { pixels: packed.path, images, directory });
  // Behind the codes of four batches three steps of either network.
  let [calls, checkpoint] = [0, ''];
  await trainNetworks(task, {
    ...undisturbed,
    afterStep: async () => (++calls === stepsPerEpoch + 6 ? 'stop' : 'go on'),
    checkpoint: (_done, path) => {
      checkpoint = path;
    },
  });
  const { tensors, metadata } = decodeSafetensors(await readFile(checkpoint));
  const { sums } = JSON.parse(metadata.loop!).phases;
  const [sigma, centre] = [tensors.get('sigma')!, tensors.get('centre')!];
  // By running statistics of an encoder that no step had, σ is 1, and the distance 1 in float32 until both are renewed.
  expect(sigma.data[0]).toBeGreaterThan(3);
  expect(sigma.data[0]).toBeLessThan(30);
  const [distance, steps] = sums['generator.distance'];
  expect(steps).toBe(3);
  expect(distance / steps).toBeGreaterThan(0.2);
  expect(distance / steps).toBeLessThan(0.8);

  const gradientOf = (own: TensorData) => {
    step.write(new Map([...first, ['centre', centre], ['sigma', own]]));
    return step.gradients('generator', firstBatches()[0]!).get('projection.weight')!.data;
  };
  const whole = gradientOf(sigma);
  // So wide a Gaussian is flat.
  const others = gradientOf({ shape: [1], data: Float32Array.of(1e30) });
  const size = (values: Float32Array) => Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0));
  const gaussian = size(whole.map((value, at) => value - others[at]!));
  expect(gaussian / size(others)).toBeGreaterThan(0.5);
}, 120_000);
