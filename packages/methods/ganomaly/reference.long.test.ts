import { tf } from '@ddad/compute';
import { toPyTorch } from '@ddad/models';
import { ganReference, largestDifference, largestRelativeDifference } from '@ddad/models/testing';
import { expect, test } from 'vitest';
import {
  area,
  decided,
  form,
  parameters,
  proveTraining,
  side,
  smallBatches,
} from './prove-training.testing.ts';
import { residualMaker } from './score-images.ts';
import { firstWeights, ganomalyStep } from './train-generator.ts';

const batches = smallBatches(3);

test('losses over 20 steps of either network, gradients and statistics are those of the independent reference', () => {
  proveTraining(20);
});

test('an image’s scores are those of the reference by its own statistics, whatever else is in the batch', async () => {
  const weights = decided();
  const images = batches.at(-1)!;
  const expected = ganReference('ganomaly', toPyTorch(parameters, weights), {
    images: { shape: [1, form.batchSize, 1, side, side], data: images },
    learning_rate: { shape: [1], data: Float32Array.of(form.learningRate) },
  });
  const maker = residualMaker(new Map([...weights].filter(([name]) => name.startsWith('netg.'))), side);
  try {
    const batch = new Float32Array(maker.batchSize * area);
    batch.set(images);
    const found = (await maker.make(batch, async () => true))!;
    const first = (values: Float32Array, size: number) => values.subarray(0, form.batchSize * size);
    const residual = expected.get('residual')!.data;
    expect(largestDifference(first(found['map.residual']!, area), residual)).toBeLessThan(
      1e-5 * residual.reduce((most, value) => Math.max(most, value)),
    );
    const means = Array.from({ length: form.batchSize }, (_, i) =>
      residual.subarray(i * area, (i + 1) * area).reduce((sum, value) => sum + value / area, 0),
    );
    expect(largestRelativeDifference(first(found.residual!, 1), Float32Array.from(means))).toBeLessThan(1e-4);
    expect(
      largestRelativeDifference(first(found.latentError!, 1), expected.get('latentError')!.data),
    ).toBeLessThan(1e-3);
    // Alone, and at another place.
    const alone = new Float32Array(batch.length);
    alone.set(images.subarray(area, 2 * area), 5 * area);
    const again = (await maker.make(alone, async () => true))!;
    expect(again.latentError![5]! / found.latentError![1]!).toBeCloseTo(1, 4);
  } finally {
    maker.dispose();
  }
});

test('trains the same as a graph and eagerly, in turns, and leaves no tensor behind', () => {
  const tensors = tf.memory().numTensors;
  const all = (['graph', 'eager'] as const).map((mode) => ganomalyStep(form, { mode }));
  try {
    const losses = all.map((step) => {
      step.write(firstWeights(side, form.batchSize, 1));
      return batches
        .slice(0, 3)
        .flatMap((images) => [
          step.run('generator', { images }).loss,
          step.run('discriminator', { images }).loss,
        ]);
    });
    losses[0]!.forEach((loss, i) => {
      expect(Math.abs(loss / losses[1]![i]! - 1), `step ${i + 1}: ${loss}`).toBeLessThan(2e-3);
    });
  } finally {
    for (const step of all) step.dispose();
  }
  expect(tf.memory().numTensors).toBe(tensors);
});
