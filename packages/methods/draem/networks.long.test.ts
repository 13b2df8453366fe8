import { type TensorData, tf } from '@ddad/compute';
import { initialise, toPyTorch, trainableNames } from '@ddad/models';
import { expect, test } from 'vitest';
import { draemNetworks } from './networks.ts';
import { draemStep } from './train-networks.ts';

const { decidedWeights, differingBuffers, differingGradients, largestDifference, smoothImages, tensorsFrom } =
  await import('@ddad/models/testing');
const { inferenceStep } = await import('@ddad/compute');
const { inferencePass } = await import('@ddad/models');

const [side, batchSize, width, steps] = [32, 3, 4, 20];
const area = side * side;
const form = { imageSize: side, batchSize, width, learningRate: 1e-3, epochs: 20 };
/** Two steps an epoch, so that the rate falls within them: at epochs 8 and 9 of 10. */
const rated = { ...form, epochs: 10 };
const { parameters } = draemNetworks(width);
const weights = decidedWeights(parameters, 3);

const images = smoothImages(steps * batchSize, side).map((value) =>
  Math.min(1, Math.max(0, (value + 1) / 2)),
);
const masks = images.map((_, at) => {
  const [row, column] = [Math.floor((at % area) / side), at % side];
  return row > 8 && row < 20 && column > 4 && column < 16 ? 1 : 0;
});
const augmented = images.map((value, at) => (masks[at] === 1 ? (at % 7) / 7 : value));
const batch = (step: number) => {
  const part = (of: Float32Array) => of.slice(step * batchSize * area, (step + 1) * batchSize * area);
  return { images: part(images), augmented: part(augmented), masks: part(masks) };
};
const shape = [steps, batchSize, 1, side, side];
const rates = Array.from({ length: steps }, (_, step) => 1e-3 * 0.2 ** (step >= 18 ? 2 : step >= 16 ? 1 : 0));

test('has the gradients, running statistics and 20 losses of an independent reference', () => {
  const expected = tensorsFrom(
    'draem.py',
    ['train'],
    toPyTorch(parameters, weights),
    {
      images: { shape, data: images },
      augmented: { shape, data: augmented },
      masks: { shape, data: masks },
      rates: { shape: [steps], data: Float32Array.from(rates) },
    },
    [],
  );
  expect(expected.get('margin')!.data[0]).toBeGreaterThan(1e-6);
  const inference = inferenceStep({
    weights,
    inputs: { images: [batchSize, side, side, 1] },
    compute: (tensors, inputs) => ({
      map: tf.slice(
        draemNetworks(width).apply(inputs.images!, inferencePass(tensors)).probabilities,
        [0, 0, 0, 1],
      ),
    }),
    mode: 'graph',
  });
  const { map } = inference.run({ images: batch(0).augmented });
  inference.dispose();
  expect(largestDifference(map!, expected.get('inferred')!.data)).toBeLessThan(1e-4);

  const step = draemStep(rated, { stepsPerEpoch: 2, mode: 'graph' });
  try {
    step.write(weights);
    const trainable = parameters.filter(({ kind }) => kind === 'trainable');
    const gradients: ReadonlyMap<string, TensorData> = toPyTorch(
      trainable,
      step.gradients('segment', batch(0)),
    );
    expect([...gradients.keys()]).toEqual(trainableNames(parameters));
    expect(differingGradients(gradients, expected, { ofAll: 1e-4, ofOwn: 1e-2 })).toEqual([]);
    const first = step.run('segment', batch(0));
    for (const part of ['square', 'dissimilarity', 'focal'])
      expect(Math.abs(first.watched[part]! / expected.get(part)!.data[0]! - 1), part).toBeLessThan(1e-4);
    const after = toPyTorch(parameters, step.read());
    expect(differingBuffers(parameters, after, expected, 1e-4)).toEqual([]);
    const losses = [first.loss];
    for (let at = 1; at < steps; at += 1) losses.push(step.run('segment', batch(at)).loss);
    losses.forEach((loss, at) => {
      expect(Math.abs(loss / expected.get('losses')!.data[at]! - 1), `step ${at + 1}`).toBeLessThan(2e-3);
    });
  } finally {
    step.dispose();
  }
});

test('trains the same as a graph and eagerly, and leaves no tensor behind', () => {
  const tensors = tf.memory().numTensors;
  const both = (['graph', 'eager'] as const).map((mode) => draemStep(form, { stepsPerEpoch: 1, mode }));
  try {
    const losses = both.map((step) => {
      step.write(initialise(parameters, 1));
      return [0, 1, 2].map((at) => step.run('segment', batch(at)).loss);
    });
    // Graphs fuse what eager steps do one by one; what that rounds otherwise grows tenfold with each step.
    losses[0]!.forEach((loss, at) => {
      expect(Math.abs(loss / losses[1]![at]! - 1), `step ${at + 1}`).toBeLessThan([1e-5, 2e-3, 2e-2][at]!);
    });
  } finally {
    for (const step of both) step.dispose();
  }
  expect(tf.memory().numTensors).toBe(tensors);
});
