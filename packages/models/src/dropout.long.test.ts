import { dropoutMask, inferenceStep, maskSeed, type TensorData, tf, trainStep } from '@ddad/compute';
import { beforeAll, describe, expect, it } from 'vitest';
import { backbone } from './backbones.ts';
import { type Drop, dropInPasses, dropInTraining } from './dropout.ts';
import { shapesOf, toPyTorch } from './parameters.ts';
import {
  decidedWeights,
  differingGradients,
  largestDifference,
  largestRelativeDifference,
  reference,
  smoothImages,
} from './reference.testing.ts';

const area = 64 * 64;
const hidden = 2048;
const batchSize = 8;
const adam = { learningRate: 5e-4, beta1: 0.5, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 };
const seed = maskSeed(11, 'test');
const images = smoothImages(batchSize);

/** The values that the mask of a site has, rows of 2048. */
const maskValues = (site: number, rows: number, rate: number): TensorData => ({
  shape: [rows, hidden],
  data: tf.tidy(() =>
    dropoutMask(tf.tensor1d(seed), site, [rows, hidden], rate).dataSync<'float32'>().slice(),
  ),
});

describe.each(['ae', 'aeu', 'memae'] as const)('dropout of %s', (name) => {
  const model = backbone(name, 64);
  const { parameters } = model;
  const { trainable, buffers } = shapesOf(parameters);
  let weights: Map<string, TensorData>;
  beforeAll(() => {
    weights = decidedWeights(parameters, 1);
  });

  /** Loss and gradients of a step with dropout at a rate; without any where it is null. */
  function oneStep(rate: number | null) {
    const step = trainStep({
      trainable,
      buffers,
      inputs: { images: [batchSize, 64, 64, 1], ...(rate !== null && { masks: [2] }) },
      loss: (now, running, inputs) =>
        model.loss(
          now,
          running,
          { images: inputs.images! },
          rate === null ? undefined : dropInTraining(inputs.masks!, rate),
        ),
      optimiser: adam,
      mode: 'graph',
    });
    try {
      step.write(weights);
      const inputs = { images, ...(rate !== null && { masks: seed }) };
      const gradients = toPyTorch(
        parameters.filter(({ kind }) => kind === 'trainable'),
        step.gradients(inputs),
      );
      return { gradients, loss: step.run(inputs) };
    } finally {
      step.dispose();
    }
  }

  /** What the network makes of images in inference mode: `image` and σ². */
  function infer(folded: boolean, count: number, drop?: (masks: Parameters<typeof dropInPasses>[0]) => Drop) {
    const step = inferenceStep({
      weights: folded ? model.fold(weights) : weights,
      inputs: { input: [count, 64, 64, 1], masks: [2] },
      compute: (now, { input, masks }) => {
        const { image, variance } = folded
          ? model.reconstructFolded(now, input!, drop?.(masks!))
          : model.reconstruct(now, now, input!, drop?.(masks!));
        return { image, ...(variance !== null && { variance }) };
      },
      mode: 'graph',
    });
    try {
      return step.run({ input: images.subarray(0, count * area), masks: seed });
    } finally {
      step.dispose();
    }
  }

  it('trains as the independent reference does with the same masks: loss to 1e-5, gradients to 1e-5 of their norm', () => {
    const { gradients, loss } = oneStep(0.3);
    const expected = reference('step', toPyTorch(parameters, weights), {
      images: { shape: [batchSize, 1, 64, 64], data: images },
      'mask/0': maskValues(0, batchSize, 0.3),
      'mask/1': maskValues(1, batchSize, 0.3),
    });
    expect(expected.get('margin')!.data[0]).toBeGreaterThan(1e-5);
    expect(largestRelativeDifference(Float32Array.of(loss), expected.get('loss')!.data)).toBeLessThan(1e-5);
    expect(differingGradients(gradients, expected, { ofAll: 1e-5, ofOwn: 1e-3 })).toEqual([]);
  }, 60_000);

  it.runIf(name === 'ae')(
    'at rate 0 changes nothing in training, bit by bit',
    () => {
      const [without, zero] = [oneStep(null), oneStep(0)];
      expect(zero.loss).toBe(without.loss);
      const bytes = ({ data }: TensorData) => Buffer.from(data.buffer, data.byteOffset, data.byteLength);
      for (const [key, gradient] of zero.gradients)
        expect(bytes(gradient).equals(bytes(without.gradients.get(key)!)), key).toBe(true);
    },
    60_000,
  );

  it('at rate 0 changes nothing in inference, bit by bit', () => {
    const passes = infer(true, 2, (masks) =>
      dropInPasses(masks, { passes: 1, images: 2, rate: 0, network: 0 }),
    );
    expect(passes).toEqual(infer(true, 2));
  }, 60_000);

  it('goes through passes of which each has one mask for all images, folded or not', () => {
    const passes = 3;
    const settings = { passes, images: 2, rate: 0.3, network: 1 };
    const found = infer(true, 2, (masks) => dropInPasses(masks, settings));
    const unfolded = infer(false, 2, (masks) => dropInPasses(masks, settings));
    const expected = reference('reconstruct', toPyTorch(parameters, weights), {
      // Pass after pass; the second network's masks are those of sites 2 and 3.
      images: { shape: [passes * 2, 1, 64, 64], data: repeated(images.subarray(0, 2 * area), passes) },
      'mask/0': perImage(maskValues(2, passes, 0.3), 2),
      'mask/1': perImage(maskValues(3, passes, 0.3), 2),
    });
    const difference = (values: Float32Array, other: Float32Array) =>
      largestDifference(values, other) / Math.max(...other.map(Math.abs));
    expect(difference(found.image!, expected.get('images')!.data)).toBeLessThan(1e-5);
    for (const [output, values] of Object.entries(unfolded))
      expect(difference(found[output]!, values), output).toBeLessThan(1e-5);
    // The second image alone is what it is beside the first.
    const alone = infer(true, 1, (masks) => dropInPasses(masks, { ...settings, images: 1 }));
    const first = found.image!.subarray(2 * area, 3 * area);
    expect(difference(alone.image!.subarray(area, 2 * area), first)).toBeLessThan(1e-6);
  }, 60_000);
});

function repeated(values: Float32Array, times: number): Float32Array {
  const all = new Float32Array(values.length * times);
  for (let i = 0; i < times; i++) all.set(values, i * values.length);
  return all;
}

/** Every row `count` times. */
function perImage({ shape, data }: TensorData, count: number): TensorData {
  const rows = Array.from({ length: shape[0]! * count }, (_, row) => Math.floor(row / count));
  return {
    shape: [rows.length, hidden],
    data: Float32Array.from(rows.flatMap((row) => [...data.subarray(row * hidden, (row + 1) * hidden)])),
  };
}

it('leaves exactly its results', () => {
  const [units, masks] = [tf.ones([4, 8]), tf.tensor1d(seed)];
  const before = tf.memory().numTensors;
  const results = [
    dropInTraining(masks, 0.5)(units, 0),
    dropInPasses(masks, { passes: 3, images: 4, rate: 0.5, network: 0 })(units, 0),
  ];
  expect(results.map(({ shape }) => shape)).toEqual([
    [4, 8],
    [12, 8],
  ]);
  expect(tf.memory().numTensors).toBe(before + 2);
  tf.dispose([units, masks, ...results]);
});
