import { inferenceStep, randomStream, type TensorData, tf, trainStep } from '@ddad/compute';
import { describe, expect, it } from 'vitest';
import { asrNet } from './asr-net.ts';
import { initialise, shapesOf, toPyTorch } from './parameters.ts';
import {
  decidedWeights,
  differingGradients,
  largestDifference,
  largestRelativeDifference,
  reference,
} from './reference.testing.ts';

const batchSize = 4;
const steps = 20;
const side = 32;
const area = side * side;
const weightDecay = 1e-4;
const learningRate = 1e-4;

/** Made-up discrepancy maps [N,H,W,C], brighter where the label (a square) is. */
function batchOf(inputs: number, index: number): { maps: Float32Array; labels: Float32Array } {
  const random = randomStream(2, 'maps', inputs, index);
  const maps = new Float32Array(batchSize * area * inputs);
  const labels = new Float32Array(batchSize * area);
  random.fillUniform(0, 0.3, maps);
  for (let image = 0; image < batchSize; image++) {
    const [top, left, size] = [random.integer(0, 20), random.integer(0, 20), random.integer(3, 11)];
    for (let i = 0; i < area; i++) {
      const [row, column] = [Math.floor(i / side) - top, (i % side) - left];
      if (row < 0 || row >= size || column < 0 || column >= size) continue;
      labels[image * area + i] = 1;
      for (let c = 0; c < inputs; c++) maps[(image * area + i) * inputs + c]! += 0.2;
    }
  }
  return { maps, labels };
}

/** Maps in PyTorch's order, N,C,H,W. */
function channelsFirst(maps: Float32Array, inputs: number): Float32Array {
  return maps.map((_, i) => {
    const image = Math.floor(i / (inputs * area));
    const channel = Math.floor(i / area) % inputs;
    return maps[(image * area + (i % area)) * inputs + channel]!;
  });
}

describe.each([1, 2] as const)('ASR-Net on %i maps', (inputs) => {
  const network = asrNet({ inputs });
  const { parameters } = network;
  const batches = Array.from({ length: steps }, (_, i) => batchOf(inputs, i));
  const outward = (weights: ReadonlyMap<string, TensorData>) => toPyTorch(parameters, weights);
  const asInput = (index: number): Record<string, TensorData> => ({
    maps: {
      shape: [batchSize, inputs, side, side],
      data: channelsFirst(batches[index]!.maps, inputs),
    },
    labels: { shape: [batchSize, 1, side, side], data: batches[index]!.labels },
  });
  const newStep = (decay: number, mode: 'graph' | 'eager' = 'graph') =>
    trainStep({
      ...shapesOf(parameters),
      inputs: { maps: [batchSize, side, side, inputs], labels: [batchSize, side, side, 1] },
      loss: (weights, running, { maps, labels }) =>
        network.loss(weights, running, { maps: maps!, labels: labels! }),
      optimiser: { learningRate, beta1: 0.5, beta2: 0.999, epsilon: 1e-8, weightDecay: decay },
      mode,
    });

  it("has the reference's gradients to 1e-5 of their norm and running statistics to 1e-5", () => {
    const step = newStep(0);
    try {
      const weights = decidedWeights(parameters, 1);
      step.write(weights);
      const expected = reference('step', outward(weights), asInput(0));
      expect(expected.get('margin')!.data[0]).toBeGreaterThan(1e-5);
      const gradients = toPyTorch(
        parameters.filter(({ kind }) => kind === 'trainable'),
        step.gradients({ ...batches[0] }),
      );
      expect(gradients.size).toBe(10);
      expect(differingGradients(gradients, expected, { ofAll: 1e-5, ofOwn: 1e-3 })).toEqual([]);
      step.run({ ...batches[0] });
      const after = outward(step.read());
      for (const { name } of parameters.filter(({ kind }) => kind === 'buffer')) {
        const difference = largestDifference(after.get(name)!.data, expected.get(`buffer/${name}`)!.data);
        expect(difference, name).toBeLessThan(1e-5);
      }
    } finally {
      step.dispose();
    }
  }, 60_000);

  it("follows the reference's losses over 20 steps of Adam with weight decay to 1e-5, then finds the same anomalies", () => {
    const step = newStep(weightDecay);
    try {
      const initial = decidedWeights(parameters, 1);
      step.write(initial);
      const losses = Float32Array.from(batches, (batch) => step.run({ ...batch }));
      const all = batches.map((_, i) => asInput(i));
      const stack = (name: string): TensorData => ({
        shape: [steps, ...all[0]![name]!.shape],
        data: Float32Array.from(all.flatMap((each) => [...each[name]!.data])),
      });
      const options = ['--learning-rate', String(learningRate), '--weight-decay', String(weightDecay)];
      const trained = reference(
        'train',
        outward(initial),
        { maps: stack('maps'), labels: stack('labels') },
        options,
      );
      expect(trained.get('margin')!.data[0]).toBeGreaterThan(1e-5);
      expect(largestRelativeDifference(losses, trained.get('losses')!.data)).toBeLessThan(1e-5);
      expect(losses[steps - 1]).toBeLessThan(losses[0]!);

      const weights = step.read();
      const inference = inferenceStep({
        weights,
        inputs: { maps: [batchSize, side, side, inputs] },
        compute: (tensors, { maps }) => ({ maps: network.anomalyProbability(tensors, tensors, maps!) }),
        mode: 'graph',
      });
      try {
        const found = inference.run({ maps: batches[0]!.maps }).maps;
        const expected = reference('probability', outward(weights), asInput(0)).get('probability')!.data;
        expect(largestDifference(found!, expected)).toBeLessThan(1e-4);
      } finally {
        inference.dispose();
      }
    } finally {
      step.dispose();
    }
  }, 120_000);

  it('leaves no tensor behind', () => {
    const step = newStep(weightDecay, 'eager');
    try {
      step.write(initialise(parameters, 1));
      step.run({ ...batches[0] });
      const before = tf.memory().numTensors;
      step.run({ ...batches[1] });
      expect(tf.memory().numTensors).toBe(before);
    } finally {
      step.dispose();
    }
  });
});
