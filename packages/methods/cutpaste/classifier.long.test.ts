import { phase, phasedStep, randomStream, sgd, type TensorData, tf } from '@ddad/compute';
import {
  bufferNames,
  initialise,
  shapesOf,
  toPyTorch,
  trainableCount,
  trainableNames,
  trainingPass,
} from '@ddad/models';
import { expect, test } from 'vitest';
import { classifier, crossEntropy, projectionHead } from './classifier.ts';
import { classifierStep } from './train-classifier.ts';

type Weights = ReadonlyMap<string, TensorData>;

/** Rows of numbers in double precision. */
type Rows = number[][];

/**
 * The head and its loss, written a second time in double precision after PyTorch's documentation: Linear, BatchNorm1d in training
 * mode, ReLU, CrossEntropyLoss.
 */
function lossByHand(weights: ReadonlyMap<string, ArrayLike<number>>, features: Rows): number {
  const tensor = (name: string) => weights.get(name)!;
  const linear = (name: string, rows: Rows): Rows => {
    const [weight, bias] = [tensor(`${name}.weight`), tensor(`${name}.bias`)];
    return rows.map((row) =>
      Array.from({ length: bias.length }, (_, out) =>
        row.reduce((sum, value, at) => sum + value * weight[out * row.length + at]!, bias[out]!),
      ),
    );
  };
  const normRelu = (name: string, rows: Rows): Rows => {
    const [scale, offset] = [tensor(`${name}.weight`), tensor(`${name}.bias`)];
    const columns = Array.from({ length: scale.length }, (_, at) => {
      const mean = rows.reduce((sum, row) => sum + row[at]!, 0) / rows.length;
      const variance = rows.reduce((sum, row) => sum + (row[at]! - mean) ** 2, 0) / rows.length;
      return { mean, deviation: Math.sqrt(variance + 1e-5) };
    });
    return rows.map((row) =>
      row.map((value, at) => {
        const { mean, deviation } = columns[at]!;
        return Math.max(0, ((value - mean) / deviation) * scale[at]! + offset[at]!);
      }),
    );
  };
  const hidden = normRelu('head.1', linear('head.0', features));
  const logits = linear('out', normRelu('head.4', linear('head.3', hidden)));
  const losses = logits.map((row, at) => {
    // Rows of original images first, then those with a patch, then those with a scar.
    const label = Math.floor((3 * at) / logits.length);
    return Math.log(row.reduce((sum, value) => sum + Math.exp(value), 0)) - row[label]!;
  });
  return losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
}

test('head and loss have the values and gradients of an independent formula', () => {
  const head = projectionHead();
  const { parameters } = head;
  const weights = initialise(parameters, 1);
  // Away from special values: scales are not 1, offsets not 0.
  for (const { name, initial } of parameters) {
    if (initial.kind === 'constant')
      randomStream(1, name).fillUniform(initial.value - 0.3, initial.value + 0.4, weights.get(name)!.data);
  }
  const rows = 6;
  const x = new Float32Array(rows * 512);
  randomStream(2, 'features').fillUniform(0, 1, x);
  const features = Array.from({ length: rows }, (_, row) => [...x.subarray(row * 512, (row + 1) * 512)]);
  const { trainable, buffers } = shapesOf(parameters);
  const step = phasedStep({
    weights: trainable,
    buffers,
    phases: {
      classify: phase({
        trains: trainableNames(parameters),
        renews: bufferNames(parameters),
        inputs: { features: [rows, 512] },
        loss(tensors, running, inputs) {
          const pass = trainingPass(tensors, running);
          return { loss: crossEntropy(head.apply(inputs.features, pass)), buffers: pass.renewed };
        },
        optimiser: sgd({ learningRate: 0.1 }),
      }),
    },
    mode: 'graph',
  });
  try {
    step.write(weights);
    const outward = (tensors: Weights) =>
      toPyTorch(
        parameters.filter(({ kind }) => kind === 'trainable'),
        tensors,
      );
    const gradients = outward(step.gradients('classify', { features: x }));
    const { loss } = step.run('classify', { features: x });
    const byHand = new Map([...outward(weights)].map(([name, { data }]) => [name, [...data]]));
    expect(loss).toBeCloseTo(lossByHand(byHand, features), 5);
    for (const [name, { data }] of gradients) {
      const values = byHand.get(name)!;
      for (let draw = 0; draw < 3; draw += 1) {
        const at = randomStream(3, name, draw).integer(0, values.length - 1);
        const [value, width] = [values[at]!, 1e-5];
        const moved = [value + width, value - width].map((other) => {
          values[at] = other;
          return lossByHand(byHand, features);
        });
        values[at] = value;
        const slope = (moved[0]! - moved[1]!) / (2 * width);
        expect(Math.abs(data[at]! - slope), `${name}[${at}]: ${data[at]}, ${slope}`).toBeLessThan(
          1e-6 + 1e-3 * Math.abs(slope),
        );
      }
    }
  } finally {
    step.dispose();
  }
});

test('has the parameters of ResNet18 and the head, under PyTorch’s names', () => {
  const { parameters } = classifier('grey');
  // Two projections and an output with biases, two batch normalisations.
  const head = 512 * 512 + 512 + 2 * 512 + (512 * 128 + 128 + 2 * 128) + (128 * 3 + 3);
  expect(trainableCount(parameters)).toBe(11_170_240 + head);
  expect(parameters.slice(-6).map(({ name }) => name)).toEqual([
    'head.4.weight',
    'head.4.bias',
    'head.4.running_mean',
    'head.4.running_var',
    'out.weight',
    'out.bias',
  ]);
});

test('trains the same as a graph and eagerly, and leaves no tensor behind', () => {
  const form = { imageSize: 32, batchSize: 2, learningRate: 0.01, steps: 3 };
  const images = new Float32Array(6 * 32 * 32);
  randomStream(4, 'images').fillUniform(-1, 1, images);
  const tensors = tf.memory().numTensors;
  const steps = (['graph', 'eager'] as const).map((mode) => classifierStep(form, { mode }));
  try {
    const losses = steps.map((step) => {
      step.write(initialise(classifier('grey').parameters, 1));
      return [0, 1, 2].map(() => step.run('classify', { images }).loss);
    });
    losses[0]!.forEach((loss, i) => {
      expect(Math.abs(loss / losses[1]![i]! - 1), `step ${i + 1}: ${loss}`).toBeLessThan(1e-3);
    });
    expect(losses[0]![2]).toBeLessThan(losses[0]![0]!);
  } finally {
    for (const step of steps) step.dispose();
  }
  expect(tf.memory().numTensors).toBe(tensors);
});

test('with pretrained weights trains the head alone in its first phase, then all, on images in ImageNet’s normalisation', () => {
  const form = { imageSize: 32, batchSize: 2, learningRate: 0.01, steps: 30 };
  const pretrained = { recipe: 1, weights: 'a'.repeat(64) } as const;
  const images = new Float32Array(6 * 32 * 32);
  randomStream(4, 'images').fillUniform(-1, 1, images);
  const network = classifier('colours');
  expect(network.parameters.find(({ name }) => name === 'conv1.weight')!.pytorchShape).toEqual([64, 3, 7, 7]);
  const step = classifierStep({ ...form, pretrained }, { mode: 'graph' });
  try {
    const first = initialise(network.parameters, 1);
    step.write(first);
    const changed = () => {
      const now = step.read();
      const names = network.parameters.map(({ name }) => name);
      return new Set(
        names.filter((name) => now.get(name)!.data.some((value, i) => value !== first.get(name)!.data[i])),
      );
    };
    step.run('head', { images });
    const afterHead = changed();
    expect([...afterHead].filter((name) => !/running_|^head|^out/.test(name))).toEqual([]);
    expect(afterHead).toContain('out.weight');
    // As in the source, batch normalisation's statistics are those of the images from the first step on.
    expect(afterHead).toContain('layer4.1.bn2.running_var');
    step.run('classify', { images });
    expect([...changed()]).toEqual(network.parameters.map(({ name }) => name));
    expect(step.stepsOf).toEqual({ head: 1, classify: 1 });
  } finally {
    step.dispose();
  }
});
