import { tf } from '@ddad/compute';
import { bufferNames, initialise, toPyTorch, trainableCount } from '@ddad/models';
import { expect, test } from 'vitest';
import { descriptorTensors } from './descriptor.ts';
import { igdStart, trainingReference, trainingSteps } from './losses.testing.ts';
import { igdNetworks } from './networks.ts';
import { igdParameters, igdStep } from './train-networks.ts';

const { differingGradients, largestDifference } = await import('@ddad/models/testing');

test('has the source’s parts at 256 px, and fewer of them at 64', () => {
  const count = (imageSize: number, part: 'encoder' | 'projection' | 'decoder' | 'critic') =>
    trainableCount(igdNetworks(imageSize, 64)[part].parameters);
  // Convolutions of a block from i to o channels: 9·i·o + 9·o² + o, shortcut i·o + o, norms 2·i + 2·o.
  const block = (i: number, o: number) => 9 * i * o + 9 * o * o + o + (i * o + o) + 2 * i + 2 * o;
  const blocks = block(512, 512) + block(512, 256) + block(256, 128) + block(128, 64);
  const around = 129 * 8192 + (9 * 512 * 512 + 512) + 2 * 64 + (25 * 64 * 3 + 3);
  expect(count(256, 'decoder')).toBe(around + blocks);
  expect(count(64, 'decoder')).toBe(around + blocks - (9 * 512 * 512 + 512) - block(512, 512));
  // torchvision's ResNet18 without its classifier: 11,689,512 − 513,000.
  expect(count(256, 'encoder')).toBe(11_176_512);
  expect(count(256, 'projection')).toBe(512 * 128 + 128);
  const down = (i: number, o: number) => 9 * i * i + 9 * i * o + o + (i * o + o) + 4 * i;
  const downs = down(64, 128) + down(128, 256) + down(256, 512) + down(512, 512);
  expect(count(256, 'critic')).toBe(25 * 3 * 64 + 64 + downs + 9 * 512 * 512 + 512 + 8193);
});

test('has the gradients, running statistics and scores of an independent reference, in both phases', () => {
  const { weights, parameters, batches, descriptor, form } = igdStart();
  const expected = trainingReference(1);
  expect(expected.get('margin')!.data[0]).toBeGreaterThan(1e-7);
  const step = igdStep(form, { stepsPerEpoch: trainingSteps, mode: 'graph' });
  try {
    step.write(new Map([...weights, ...descriptorTensors(descriptor)]));
    const gradients = new Map(
      (['generator', 'critic'] as const).flatMap((phase) => [...step.gradients(phase, batches[0]!)]),
    );
    const trainable = parameters.filter(({ kind }) => kind === 'trainable');
    const found = toPyTorch(trainable, gradients);
    expect(differingGradients(found, expected, { ofAll: 1e-3, ofOwn: 2e-2 })).toEqual([]);
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
}, 120_000);

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
}, 120_000);
