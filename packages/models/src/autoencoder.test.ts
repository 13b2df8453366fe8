import { inferenceStep, type TensorData, tf, trainStep } from '@ddad/compute';
import { beforeAll, describe, expect, it } from 'vitest';
import { backbone } from './backbones.ts';
import { fromPyTorch, initialise, shapesOf, toPyTorch } from './parameters.ts';
import {
  decidedWeights,
  differingGradients,
  largestDifference,
  largestRelativeDifference,
  norm,
  reference,
  testImages,
} from './reference.testing.ts';

const model = backbone('ae');
const { parameters } = model;
const area = 64 * 64;
const batchSize = 16;
const steps = 20;
const learningRate = 5e-4;

let images: Float32Array;
const batch = (index: number) => images.subarray(index * batchSize * area, (index + 1) * batchSize * area);
const asInput = (data: Float32Array, lead: number[] = []): TensorData => ({
  shape: [...lead, data.length / area / lead.reduce((a, b) => a * b, 1), 1, 64, 64],
  data,
});
const outward = (weights: ReadonlyMap<string, TensorData>) => toPyTorch(parameters, weights);

function newStep(mode: 'graph' | 'eager' = 'graph') {
  return trainStep({
    ...shapesOf(parameters),
    inputs: { images: [batchSize, 64, 64, 1] },
    loss: (weights, running, inputs) => model.loss(weights, running, { images: inputs.images }),
    optimiser: { learningRate, beta1: 0.5, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 },
    mode,
  });
}

/** Weights before every one of 20 steps at the method's settings, the losses, and the weights after them. */
let trained: { before: Map<string, TensorData>[]; losses: Float32Array; after: Map<string, TensorData> };

beforeAll(() => {
  images = testImages(batchSize * steps);
  const step = newStep();
  try {
    step.write(initialise(parameters, 1));
    const before: Map<string, TensorData>[] = [];
    const losses = Float32Array.from({ length: steps }, (_, i) => {
      before.push(step.read());
      return step.run({ images: batch(i) });
    });
    trained = { before, losses, after: step.read() };
  } finally {
    step.dispose();
  }
}, 120_000);

const infer = (folded: boolean): Float32Array => {
  const step = inferenceStep({
    weights: folded ? model.fold(trained.after) : trained.after,
    inputs: { images: [batchSize, 64, 64, 1] },
    compute: (weights, inputs) => ({
      images: folded
        ? model.reconstructFolded(weights, inputs.images)
        : model.reconstruct(weights, weights, inputs.images),
    }),
    mode: 'graph',
  });
  try {
    return step.run({ images: batch(0) }).images;
  } finally {
    step.dispose();
  }
};

describe('the autoencoder', () => {
  it('reconstructs as the independent reference does, to 1e-4', () => {
    const expected = reference('reconstruct', outward(trained.after), { images: asInput(batch(0)) });
    const found = infer(false);
    expect(largestDifference(found, expected.get('images')!.data)).toBeLessThan(1e-4);
    // Not all the same, which would agree as well.
    expect(Math.max(...found) - Math.min(...found)).toBeGreaterThan(0.1);
  }, 60_000);

  it('reconstructs the same with BatchNorm folded, to 1e-5', () => {
    expect(largestDifference(infer(true), infer(false))).toBeLessThan(1e-5);
    expect([...model.fold(trained.after).keys()].some((name) => name.includes('running'))).toBe(false);
  });

  it("has the reference's gradients to 1e-5 of their norm and running statistics to 1e-6", () => {
    const { gradients, expected, after } = oneStep(decidedWeights(parameters, 1));
    expect(expected.get('margin')!.data[0]).toBeGreaterThan(1e-5);
    expect(gradients.size).toBe(34);
    expect(differingGradients(gradients, expected, { ofAll: 1e-5, ofOwn: 1e-3 })).toEqual([]);
    const buffers = parameters.filter(({ kind }) => kind === 'buffer');
    expect(buffers).toHaveLength(18);
    for (const { name } of buffers) {
      const [found, other] = [after.get(name)!.data, expected.get(`buffer/${name}`)!.data];
      // Their unit is the activation's: a channel that is open by 6 reaches far above 1.
      const scale = Math.max(1, norm(other) / Math.sqrt(other.length));
      expect(largestDifference(found, other) / scale, name).toBeLessThan(1e-6);
    }
  }, 60_000);

  it("has the reference's gradients and running statistics from a new member's weights", () => {
    const { gradients, expected, after } = oneStep(initialise(parameters, 1));
    // See decidedWeights: some units lie on the other side of their ReLU's 0.
    expect(differingGradients(gradients, expected, { ofAll: 1e-2, ofOwn: 5e-2 })).toEqual([]);
    for (const { name } of parameters.filter(({ kind }) => kind === 'buffer')) {
      const difference = largestDifference(after.get(name)!.data, expected.get(`buffer/${name}`)!.data);
      expect(difference, name).toBeLessThan(1e-6);
    }
  }, 60_000);

  it("has the reference's loss at each of the first 20 steps, from the weights before it, to 1e-5", () => {
    const weights = new Map(
      trained.before.flatMap((tensors, i) =>
        [...outward(tensors)].map(([name, tensor]): [string, TensorData] => [`${i}/${name}`, tensor]),
      ),
    );
    const expected = reference('losses', weights, { images: asInput(images, [steps]) }).get('losses')!.data;
    expect(largestRelativeDifference(trained.losses, expected)).toBeLessThan(1e-5);
    expect(trained.losses[steps - 1]).toBeLessThan(trained.losses[0] / 2);
  }, 120_000);

  it("follows the reference's losses over 20 steps of Adam to 1e-5", () => {
    const step = newStep();
    try {
      const weights = decidedWeights(parameters, 1);
      step.write(weights);
      const losses = Float32Array.from({ length: steps }, (_, i) => step.run({ images: batch(i) }));
      const options = ['--learning-rate', String(learningRate)];
      const expected = reference('train', outward(weights), { images: asInput(images, [steps]) }, options);
      expect(expected.get('margin')!.data[0]).toBeGreaterThan(1e-5);
      expect(largestRelativeDifference(losses, expected.get('losses')!.data)).toBeLessThan(1e-5);
      expect(losses[steps - 1]).toBeLessThan(losses[0]);
    } finally {
      step.dispose();
    }
  }, 120_000);

  it('leaves no tensor behind', () => {
    const step = newStep('eager');
    try {
      step.write(initialise(parameters, 1));
      step.run({ images: batch(0) });
      const before = tf.memory().numTensors;
      step.run({ images: batch(1) });
      expect(tf.memory().numTensors).toBe(before);
    } finally {
      step.dispose();
    }
    const before = tf.memory().numTensors;
    const toTensors = (tensors: ReadonlyMap<string, TensorData>) =>
      Object.fromEntries([...tensors].map(([name, { data, shape }]) => [name, tf.tensor(data, shape)]));
    const [plain, folded] = [toTensors(trained.after), toTensors(model.fold(trained.after))];
    const input = tf.tensor(batch(0), [batchSize, 64, 64, 1]);
    const held = tf.memory().numTensors;
    const results = [model.reconstruct(plain, plain, input), model.reconstructFolded(folded, input)];
    expect(tf.memory().numTensors).toBe(held + 2);
    tf.dispose([plain, folded, input, results]);
    expect(tf.memory().numTensors).toBe(before);
  }, 60_000);

  it('says which weight is missing', () => {
    const tensors = new Map(trained.after);
    tensors.delete('decoder.4.running_var');
    expect(() => model.fold(tensors)).toThrow('weights: expected a tensor decoder.4.running_var, got none');
    expect(() => fromPyTorch(parameters, outward(tensors))).toThrow(
      'decoder.4.running_var: expected 32, got nothing',
    );
  });
});

/** Gradients before, and weights after one step of the first batch; and what the reference makes of it. */
function oneStep(weights: ReadonlyMap<string, TensorData>) {
  const step = newStep();
  try {
    step.write(weights);
    // Gradients lie in memory like their weights.
    const trainable = parameters.filter(({ kind }) => kind === 'trainable');
    const gradients = toPyTorch(trainable, step.gradients({ images: batch(0) }));
    step.run({ images: batch(0) });
    const expected = reference('step', outward(weights), { images: asInput(batch(0)) });
    return { gradients, expected, after: outward(step.read()) };
  } finally {
    step.dispose();
  }
}
