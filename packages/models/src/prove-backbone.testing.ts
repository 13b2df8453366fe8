import { inferenceStep, type TensorData, type TrainStep, tf, trainStep } from '@ddad/compute';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Reconstruction } from './backbone-model.ts';
import { backbone } from './backbones.ts';
import type { Tensors } from './blocks.ts';
import { fromPyTorch, initialise, type ParameterSpec, shapesOf, toPyTorch } from './parameters.ts';
import {
  decidedWeights,
  differingGradients,
  largestDifference,
  largestRelativeDifference,
  norm,
  reference,
  smoothImages,
  testImages,
} from './reference.testing.ts';

const usualSide = 64;
const usualArea = usualSide ** 2;
/** Adam's settings (method: "Reconstruction networks"). */
const adam = { learningRate: 5e-4, beta1: 0.5, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 };

type Mode = 'graph' | 'eager';
type Weights = ReadonlyMap<string, TensorData>;

const buffersOf = (parameters: readonly ParameterSpec[]): string[] =>
  parameters.filter(({ kind }) => kind === 'buffer').map(({ name }) => name);

interface StepSettings {
  name: string;
  batchSize: number;
  side?: number;
  mode?: Mode;
  learningRate?: number;
  /** Weights that stay as they are. */
  frozen?: string[];
}

function withStep<T>(settings: StepSettings, use: (step: TrainStep) => T): T {
  const {
    name,
    batchSize,
    side = usualSide,
    mode = 'graph',
    learningRate = adam.learningRate,
    frozen = [],
  } = settings;
  const model = backbone(name, side);
  const { trainable, buffers } = shapesOf(model.parameters);
  const part = (fixed: boolean) =>
    Object.fromEntries(Object.entries(trainable).filter(([key]) => frozen.includes(key) === fixed));
  const step = trainStep({
    trainable: part(false),
    buffers,
    frozen: part(true),
    inputs: { images: [batchSize, side, side, 1] },
    loss: (weights, running, { images }, fixed) =>
      model.loss({ ...weights, ...fixed }, running, { images: images! }),
    optimiser: { ...adam, learningRate },
    mode,
  });
  try {
    return use(step);
  } finally {
    step.dispose();
  }
}

/** Gradients at a step's current weights, under PyTorch's names. */
function gradientsOf(step: TrainStep, parameters: readonly ParameterSpec[], images: Float32Array) {
  // They lie in memory like their weights.
  const trainable = parameters.filter(({ kind }) => kind === 'trainable');
  return toPyTorch(trainable, step.gradients({ images }));
}

const rangeOf = (values: Float32Array): number =>
  values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY) -
  values.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);

/**
 * @param tolerance float32's rounding grows with the root of the number of values that a statistic is of
 * @returns the running statistics that are off by more than that share of their size, at least 1
 */
function differingStatistics(
  parameters: readonly ParameterSpec[],
  found: Weights,
  expected: Weights,
  tolerance = 1e-6,
): string[] {
  const after = toPyTorch(parameters, found);
  return buffersOf(parameters).flatMap((name) => {
    const [ours, other] = [after.get(name)!.data, expected.get(`buffer/${name}`)!.data];
    // Their unit is the activation's: a channel that decidedWeights opens by 6 reaches far above 1.
    const difference = largestDifference(ours, other) / Math.max(1, norm(other) / Math.sqrt(other.length));
    return difference < tolerance ? [] : [`${name}: ${difference.toExponential(1)}`];
  });
}

/**
 * Registers what every backbone is held to: it equals reference.py in inference, loss, gradients, running statistics and over
 * steps of Adam, and folding changes nothing.
 * @param steps of training that are compared
 * @param trainable number of trainable tensors
 */
export function proveBackbone(
  name: string,
  {
    batchSize,
    steps,
    trainable,
    side = usualSide,
  }: { batchSize: number; steps: number; trainable: number; side?: number },
): void {
  const model = backbone(name, side);
  const area = side * side;
  const { parameters } = model;
  const outward = (weights: Weights) => toPyTorch(parameters, weights);
  let images: Float32Array;
  const batch = (index: number) => images.subarray(index * batchSize * area, (index + 1) * batchSize * area);
  const allBatches = (): TensorData => ({ shape: [steps, batchSize, 1, side, side], data: images });

  /** Weights before every step from a new member's on, the losses, and the weights after them. */
  let trained: { before: Map<string, TensorData>[]; losses: Float32Array; after: Map<string, TensorData> };

  beforeAll(() => {
    images = testImages(batchSize * steps, side);
    trained = withStep({ name, batchSize, side }, (step) => {
      step.write(initialise(parameters, 1));
      const before: Map<string, TensorData>[] = [];
      const losses = Float32Array.from({ length: steps }, (_, i) => {
        before.push(step.read());
        return step.run({ images: batch(i) });
      });
      return { before, losses, after: step.read() };
    });
  }, 120_000);

  /** What the trained network makes of the first batch; the variance as its logarithm. */
  function infer(folded: boolean): Record<string, Float32Array> {
    const step = inferenceStep({
      weights: folded ? model.fold(trained.after) : trained.after,
      inputs: { input: [batchSize, side, side, 1] },
      compute: (weights, { input }) => {
        const { image, variance } = folded
          ? model.reconstructFolded(weights, input!)
          : model.reconstruct(weights, weights, input!);
        const results: Tensors = { images: image };
        if (variance !== null) results.log_variance = tf.log(variance);
        return results;
      },
      mode: 'graph',
    });
    try {
      return step.run({ input: batch(0) });
    } finally {
      step.dispose();
    }
  }

  describe(`backbone ${name} at ${side}×${side}`, () => {
    it('reconstructs as the independent reference does, to 1e-4', () => {
      const input = { images: { shape: [batchSize, 1, side, side], data: batch(0) } };
      const expected = reference('reconstruct', outward(trained.after), input);
      const found = infer(false);
      expect(Object.keys(found).sort()).toEqual([...expected.keys()].sort());
      for (const [output, values] of Object.entries(found)) {
        expect(largestDifference(values, expected.get(output)!.data), output).toBeLessThan(1e-4);
        // Not all the same, which would agree as well.
        expect(rangeOf(values), output).toBeGreaterThan(0.01);
      }
    }, 60_000);

    it('reconstructs the same with BatchNorm folded, to 1e-5', () => {
      const [folded, plain] = [infer(true), infer(false)];
      for (const [output, values] of Object.entries(plain)) {
        expect(largestDifference(folded[output]!, values), output).toBeLessThan(1e-5);
      }
      expect([...model.fold(trained.after).keys()].some((key) => key.includes('running'))).toBe(false);
    });

    it(`has the reference's gradients to 1e-5 of their norm and running statistics to 1e-5, and follows its losses over ${steps} steps of Adam to 1e-5`, () => {
      const weights = decidedWeights(parameters, 1);
      const options = ['--learning-rate', String(adam.learningRate)];
      const expected = reference('train', outward(weights), { images: allBatches() }, options);
      expect(expected.get('margin')!.data[0]).toBeGreaterThan(1e-5);
      withStep({ name, batchSize, side }, (step) => {
        step.write(weights);
        const gradients = gradientsOf(step, parameters, batch(0));
        expect(gradients.size).toBe(trainable);
        expect(differingGradients(gradients, expected, { ofAll: 1e-5, ofOwn: 1e-3 })).toEqual([]);
        const losses = [step.run({ images: batch(0) })];
        expect(buffersOf(parameters)).toHaveLength(18);
        expect(differingStatistics(parameters, step.read(), expected, (1e-5 * side) / usualSide)).toEqual([]);
        for (let i = 1; i < steps; i++) losses.push(step.run({ images: batch(i) }));
        const difference = largestRelativeDifference(Float32Array.from(losses), expected.get('losses')!.data);
        expect(difference).toBeLessThan(1e-5);
        expect(losses[steps - 1]).toBeLessThan(losses[0]!);
      });
    }, 120_000);

    it(`has the reference's loss at each of the first ${steps} steps, from the weights before it, to 1e-5`, () => {
      const weights = new Map(
        trained.before.flatMap((tensors, i) =>
          [...outward(tensors)].map(([key, tensor]): [string, TensorData] => [`${i}/${key}`, tensor]),
        ),
      );
      const expected = reference('losses', weights, { images: allBatches() }).get('losses')!.data;
      expect(largestRelativeDifference(trained.losses, expected)).toBeLessThan(1e-5);
      expect(trained.losses[steps - 1]).toBeLessThan(trained.losses[0]! * 0.72);
    }, 120_000);

    it("tells a batch's statistics, a tenth of which a step takes into the running ones", () => {
      const [before, after] = trained.before;
      const step = inferenceStep({
        weights: before!,
        inputs: { input: [batchSize, side, side, 1] },
        compute: (weights, { input }) => model.batchStatistics(weights, input!),
        mode: 'graph',
      });
      const found = step.run({ input: batch(0) });
      step.dispose();
      expect(Object.keys(found).sort()).toEqual(buffersOf(parameters).sort());
      for (const [key, values] of Object.entries(found)) {
        const renewed = before!.get(key)!.data.map((old, i) => 0.9 * old + 0.1 * values[i]!);
        expect(largestDifference(renewed, after!.get(key)!.data), key).toBeLessThan(1e-5);
        expect(largestDifference(values, before!.get(key)!.data), key).toBeGreaterThan(1e-3);
      }
    });

    it('leaves no tensor behind', () => {
      withStep({ name, batchSize, side, mode: 'eager' }, (step) => {
        step.write(initialise(parameters, 1));
        step.run({ images: batch(0) });
        const before = tf.memory().numTensors;
        step.run({ images: batch(1) });
        expect(tf.memory().numTensors).toBe(before);
      });
      const before = tf.memory().numTensors;
      const toTensors = (tensors: Weights): Tensors =>
        Object.fromEntries([...tensors].map(([key, { data, shape }]) => [key, tf.tensor(data, shape)]));
      const [plain, folded] = [toTensors(trained.after), toTensors(model.fold(trained.after))];
      const input = tf.tensor(batch(0), [batchSize, side, side, 1]);
      const held = tf.memory().numTensors;
      const tensorsOf = ({ image, variance }: Reconstruction) =>
        variance === null ? [image] : [image, variance];
      const results = [
        ...tensorsOf(model.reconstruct(plain, plain, input)),
        ...tensorsOf(model.reconstructFolded(folded, input)),
      ];
      expect(tf.memory().numTensors).toBe(held + results.length);
      tf.dispose([plain, folded, input, results]);
      expect(tf.memory().numTensors).toBe(before);
    }, 60_000);

    it.each(
      ['decoder.4.running_var', 'mem_rep.memory.weight'].filter((key) =>
        parameters.some((parameter) => parameter.name === key),
      ),
    )('says that %s is missing', (missing) => {
      const tensors = new Map(trained.after);
      const shape = tensors.get(missing)!.shape.join('×');
      tensors.delete(missing);
      expect(() => model.fold(tensors)).toThrow(`weights: expected a tensor ${missing}, got none`);
      // Only one tensor is needed to be told of those that are not there.
      expect(() => fromPyTorch(parameters, new Map())).toThrow(`${missing}: expected ${shape}, got nothing`);
    });
  });
}

/**
 * Registers the comparison from the weights that a member really begins with. Looser: see `decidedWeights`. The layers of all
 * backbones being the same, one of them is enough.
 */
export function proveFromNewWeights(name: string, batchSize: number): void {
  it(`has the reference's gradients and running statistics from a new member's weights (${name})`, () => {
    const { parameters } = backbone(name, usualSide);
    const images = testImages(batchSize);
    const weights = initialise(parameters, 1);
    const input = { images: { shape: [batchSize, 1, usualSide, usualSide], data: images } };
    const expected = reference('step', toPyTorch(parameters, weights), input);
    withStep({ name, batchSize }, (step) => {
      step.write(weights);
      const gradients = gradientsOf(step, parameters, images);
      // Some units lie on the other side of their ReLU's 0.
      expect(differingGradients(gradients, expected, { ofAll: 1e-2, ofOwn: 5e-2 })).toEqual([]);
      step.run({ images });
      expect(differingStatistics(parameters, step.read(), expected)).toEqual([]);
    });
  }, 60_000);
}

/** Registers that compiling the backbone's step changes nothing. */
export function proveGraphEqualsEager(name: string): void {
  it(`gives the same losses as a graph and eagerly, over 50 steps to 1e-5 (${name})`, () => {
    // A fifth of the method's rate: at that one, towards the end, the loss itself enlarges rounding a hundredfold in some steps.
    const learningRate = 1e-4;
    const batchSize = 8;
    const images = smoothImages(batchSize * 50);
    // The two largest weights stay: Adam, eagerly on four million values, would be most of the time.
    const frozen = ['linear_enc.0.weight', 'linear_dec.3.weight'];
    const weights = decidedWeights(backbone(name, usualSide).parameters, 1);
    const lossesOf = (mode: Mode) =>
      withStep({ name, batchSize, mode, learningRate, frozen }, (step) => {
        step.write(weights);
        step.writeFrozen(weights);
        return Float32Array.from({ length: 50 }, (_, i) =>
          step.run({ images: images.subarray(i * batchSize * usualArea, (i + 1) * batchSize * usualArea) }),
        );
      });
    const [graph, eager] = [lossesOf('graph'), lossesOf('eager')];
    expect(largestRelativeDifference(graph, eager)).toBeLessThan(1e-5);
    expect(graph[49]).toBeLessThan(graph[0]!);
  }, 240_000);
}
