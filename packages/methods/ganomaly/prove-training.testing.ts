import type { TensorData } from '@ddad/compute';
import { type ParameterSpec, toPyTorch } from '@ddad/models';
import {
  decidedWeights,
  differingGradients,
  ganReference,
  largestDifference,
  largestRelativeDifference,
  smoothImages,
} from '@ddad/models/testing';
import { expect } from 'vitest';
import { discriminator, generator } from './networks.ts';
import { firstWeights, ganomalyStep } from './train-generator.ts';

export const side = 64;
export const form = { imageSize: side, batchSize: 4, learningRate: 1e-3 };
export const parameters = [...generator(side).parameters, ...discriminator(side).parameters];
export const area = side * side;
/** Batches of made-up images, all different. */
export function smallBatches(count: number): Float32Array[] {
  const images = smoothImages(form.batchSize * count, side);
  const size = form.batchSize * area;
  return Array.from({ length: count }, (_, i) => images.slice(i * size, (i + 1) * size));
}

/** First weights with which no ReLU's input comes near 0: batch normalisation's offsets and the hidden linear layers' biases. */
export function decided(): Map<string, TensorData> {
  const weights = decidedWeights(parameters, 3);
  for (const [name, { data }] of weights) {
    if (/(linear_enc|linear_dec|features)\.0\.bias$/.test(name))
      data.set(data.map((_, i) => (i % 2 === 0 ? 25 : -25)));
  }
  return weights;
}

const recorded = (weights: ReadonlyMap<string, TensorData>, of: readonly ParameterSpec[]) =>
  toPyTorch(
    of.filter(({ kind }) => kind === 'trainable'),
    weights,
  );

/** Losses over some steps, and the gradients and statistics of the first, against the independent reference. */
export function proveTraining(steps: number): void {
  const batches = smallBatches(steps);
  const weights = decided();
  const flat = new Float32Array(steps * form.batchSize * area);
  for (const [i, batch] of batches.entries()) flat.set(batch, i * batch.length);
  const expected = ganReference('ganomaly', toPyTorch(parameters, weights), {
    images: { shape: [steps, form.batchSize, 1, side, side], data: flat },
    learning_rate: { shape: [1], data: Float32Array.of(form.learningRate) },
  });
  expect(expected.get('margin')!.data[0]).toBeGreaterThan(2e-4);

  const step = ganomalyStep(form, { mode: 'graph' });
  try {
    step.write(new Map([...firstWeights(side, form.batchSize, 1), ...weights]));
    const images = batches[0]!;
    const made = step.gradients('generator', { images });
    const losses: Record<'generator' | 'discriminator', number[]> = { generator: [], discriminator: [] };
    batches.forEach((batch, i) => {
      losses.generator.push(step.run('generator', { images: batch }).loss);
      if (i === 0) {
        // The discriminator is told apart from what the generator made before its update.
        const judged = step.gradients('discriminator', { images });
        const own = [generator(side), discriminator(side)].map((network) => network.parameters);
        const gradients = [...recorded(made, own[0]!), ...recorded(judged, own[1]!)];
        expect(differingGradients(new Map(gradients), expected, { ofAll: 1e-5, ofOwn: 2e-3 })).toEqual([]);
      }
      losses.discriminator.push(step.run('discriminator', { images: batch }).loss);
      if (i === 0) {
        const after = toPyTorch(parameters, step.read());
        for (const { name, kind } of parameters) {
          if (kind === 'trainable') continue;
          const theirs = expected.get(`buffer/${name}`)!.data;
          const size = theirs.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
          expect(largestDifference(after.get(name)!.data, theirs) / size, name).toBeLessThan(1e-5);
        }
      }
    });
    for (const phase of ['generator', 'discriminator'] as const) {
      const found = Float32Array.from(losses[phase]);
      const theirs = expected.get(`losses/${phase}`)!.data;
      expect(largestRelativeDifference(found, theirs), `${phase}: ${found}, ${theirs}`).toBeLessThan(1e-3);
    }
  } finally {
    step.dispose();
  }
}
