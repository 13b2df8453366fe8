import { inferenceStep, tf } from '@ddad/compute';
import { bufferNames, initialise, toPyTorch } from '@ddad/models';
import { expect, test } from 'vitest';
import { descriptorTensors } from './descriptor.ts';
import { igdStart, trainingReference, trainingSteps } from './losses.testing.ts';
import { igdNetworks } from './networks.ts';
import { residualScores } from './score-residuals.ts';
import { igdParameters, igdStep } from './train-networks.ts';

const { differingGradients, largestDifference } = await import('@ddad/models/testing');

const expected = trainingReference(trainingSteps);

test('has the gradients, running statistics and scores of an independent reference, in both phases', () => {
  const { weights, parameters, batches, descriptor, form } = igdStart();
  expect(expected.get('margin')!.data[0]).toBeGreaterThan(1e-7);
  const all = new Map([...weights, ...descriptorTensors(descriptor)]);
  const { imageSize, batchSize, width } = form;
  const scoring = inferenceStep({
    weights: all,
    inputs: { images: [batchSize, imageSize, imageSize, 1] },
    compute: (tensors, inputs) => residualScores(igdNetworks(imageSize, width), tensors, inputs.images!),
    mode: 'graph',
  });
  const scores = scoring.run({ images: batches[0]!.images });
  scoring.dispose();
  expect(largestDifference(scores.igd!, expected.get('score')!.data)).toBeLessThan(1e-4);
  expect(largestDifference(scores['map.residual']!, expected.get('map')!.data)).toBeLessThan(1e-4);

  const step = igdStep(form, { stepsPerEpoch: trainingSteps, mode: 'graph' });
  try {
    step.write(all);
    const gradients = new Map(
      (['generator', 'critic'] as const).flatMap((phase) => [...step.gradients(phase, batches[0]!)]),
    );
    const trainable = parameters.filter(({ kind }) => kind === 'trainable');
    const found = toPyTorch(trainable, gradients);
    expect(differingGradients(found, expected, { ofAll: 1e-4, ofOwn: Number.POSITIVE_INFINITY })).toEqual([]);
    // Scales and offsets before another norm have next to no gradient: what is left of it is rounding.
    const norms = /^encoder\..*(bn\d|downsample\.1)\./;
    const differing = differingGradients(found, expected, { ofAll: 1e-4, ofOwn: 2e-2 });
    expect(differing.filter((line) => !norms.test(line))).toEqual([]);
    const { loss } = step.run('generator', batches[0]!);
    expect(Math.abs(loss / expected.get('losses')!.data[0]! - 1)).toBeLessThan(1e-4);
    const after = toPyTorch(parameters, step.read());
    const encoder = igdNetworks(form.imageSize, form.width).encoder.parameters;
    for (const name of bufferNames(encoder)) {
      const other = expected.get(`buffer/${name}`)!.data;
      const size = Math.max(1, ...other.map(Math.abs));
      expect(largestDifference(after.get(name)!.data, other) / size, name).toBeLessThan(1e-4);
    }
    // The decoder's statistics stay as they were.
    expect(after.get('decoder.rb2.norm1.running_var')!.data.every((value) => value === 1)).toBe(true);
  } finally {
    step.dispose();
  }
});

test('trains the same as a graph and eagerly, and leaves no tensor behind', () => {
  const { batches, descriptor, form } = igdStart();
  const tensors = tf.memory().numTensors;
  const both = (['graph', 'eager'] as const).map((mode) => igdStep(form, { stepsPerEpoch: 1, mode }));
  try {
    const losses = both.map((step) => {
      const first = initialise(igdParameters(form.imageSize, form.width), 1);
      step.write(new Map([...first, ...descriptorTensors(descriptor)]));
      return [0, 1].flatMap((at) => [
        step.run('generator', batches[at]!).loss,
        step.run('critic', batches[at]!).loss,
      ]);
    });
    losses[0]!.forEach((loss, at) => {
      expect(Math.abs(loss / losses[1]![at]! - 1), `step ${at + 1}`).toBeLessThan(2e-3);
    });
  } finally {
    for (const step of both) step.dispose();
  }
  expect(tf.memory().numTensors).toBe(tensors);
});

test('has 20 losses of an independent reference, generator and critic in turns', () => {
  const { weights, batches, descriptor, form } = igdStart();
  const losses20 = expected.get('losses')!.data;
  expect(losses20).toHaveLength(2 * trainingSteps);
  const step = igdStep(form, { stepsPerEpoch: trainingSteps, mode: 'graph' });
  try {
    step.write(new Map([...weights, ...descriptorTensors(descriptor)]));
    const losses = batches.flatMap((batch) => [
      step.run('generator', batch).loss,
      step.run('critic', batch).loss,
    ]);
    losses.forEach((loss, at) => {
      expect(Math.abs(loss / losses20[at]! - 1), `step ${at + 1}: ${loss}`).toBeLessThan(1e-2);
    });
  } finally {
    step.dispose();
  }
});
