import { describe, expect, it } from 'vitest';
import { batchNormTrain } from './batch-norm.ts';
import { randomStream } from './random.ts';
import { NotRecordable } from './recording.ts';
import type { Shapes, TensorData } from './tensor-data.ts';
import { sizeOf } from './tensor-data.ts';
import { tf } from './tensorflow.ts';
import { type TrainStepDefinition, trainStep } from './train-step.ts';

type Tensor4D = ReturnType<typeof tf.tensor4d>;

const optimiser = { learningRate: 5e-4, beta1: 0.5, beta2: 0.999, epsilon: 1e-8, weightDecay: 1e-4 };

/** A small network with every kind of layer that the models have. */
function smallNetwork(mode: 'graph' | 'eager'): TrainStepDefinition {
  return {
    trainable: { conv: [4, 4, 1, 8], scale: [8], offset: [8], deconv: [4, 4, 1, 8] },
    buffers: { mean: [8], variance: [8] },
    inputs: { x: [4, 16, 16, 1] },
    loss: (weights, running, { x }) => {
      const convolved = tf.conv2d(x as Tensor4D, weights.conv as Tensor4D, 2, 'same');
      const normal = batchNormTrain(convolved, weights.scale!, weights.offset!, 1e-5);
      const hidden = tf.relu(normal.y) as Tensor4D;
      const y = tf.conv2dTranspose(hidden, weights.deconv as Tensor4D, [4, 16, 16, 1], 2, 'same');
      return {
        loss: tf.mean(tf.square(tf.sub(x!, y))),
        buffers: {
          mean: tf.add(tf.mul(running.mean!, 0.9), tf.mul(normal.mean, 0.1)),
          variance: tf.add(tf.mul(running.variance!, 0.9), tf.mul(normal.variance, 0.1)),
        },
      };
    },
    optimiser,
    mode,
  };
}

const random = (label: string, shapes: Shapes): Map<string, TensorData> =>
  new Map(
    Object.entries(shapes).map(([name, shape]) => {
      const data = new Float32Array(sizeOf(shape));
      randomStream(7, label, name).fillUniform(-0.5, 0.5, data);
      return [name, { shape, data }];
    }),
  );

const start = random('weights', { ...smallNetwork('eager').trainable, ...smallNetwork('eager').buffers });
const batch = (step: number) => {
  const x = new Float32Array(4 * 16 * 16);
  randomStream(7, 'batch', step).fillUniform(-1, 1, x);
  return { x };
};

describe('a training step', () => {
  it('gives the same losses and weights as a graph and eagerly, over 50 steps', () => {
    const tensors = tf.memory().numTensors;
    const graph = trainStep(smallNetwork('graph'));
    const eager = trainStep(smallNetwork('eager'));
    graph.write(start);
    eager.write(start);
    for (let i = 0; i < 50; i++) {
      const [a, b] = [graph.run(batch(i)), eager.run(batch(i))];
      expect(Math.abs(a - b) / b).toBeLessThan(1e-5);
    }
    const [a, b] = [graph.read(), eager.read()];
    for (const [name, { data }] of a) {
      data.forEach((value, i) => {
        expect(Math.abs(value - (b.get(name)?.data[i] ?? Number.NaN))).toBeLessThan(1e-5);
      });
    }
    graph.dispose();
    eager.dispose();
    expect(tf.memory().numTensors).toBe(tensors);
  });

  it('goes on from a saved state bit by bit', () => {
    const undisturbed = trainStep(smallNetwork('graph'));
    undisturbed.write(start);
    for (let i = 0; i < 6; i++) undisturbed.run(batch(i));

    const first = trainStep(smallNetwork('graph'));
    first.write(start);
    for (let i = 0; i < 3; i++) first.run(batch(i));
    const state = first.readState();
    const second = trainStep(smallNetwork('graph'));
    second.writeState(state);
    for (let i = 3; i < 6; i++) second.run(batch(i));

    expect(second.steps).toBe(6);
    expect(second.read()).toEqual(undisturbed.read());
    for (const step of [undisturbed, first, second]) step.dispose();
  });

  it("equals PyTorch's Adam on a parabola, worked by hand", () => {
    // Loss w², w = 1, lr 0.1, β 0.5 and 0.999, ε 1e-8, no decay. g = 2; m̂ = g, v̂ = g²: the first step is lr·sign(g).
    // Second step, w = 0.9: g = 1.8; m = 0.5·1 + 0.5·1.8 = 1.4, m̂ = 1.4/0.75; v = 0.999·0.004 + 0.001·3.24 = 0.007236,
    // v̂ = 0.007236/0.001999; change = 0.1·1.866667/1.902580 = 0.098112.
    const step = trainStep({
      trainable: { w: [] },
      buffers: {},
      inputs: {},
      loss: ({ w }) => ({ loss: tf.square(w!), buffers: {} }),
      optimiser: { learningRate: 0.1, beta1: 0.5, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 },
      mode: 'graph',
    });
    step.write(new Map([['w', { shape: [], data: Float32Array.of(1) }]]));
    expect(step.run({})).toBe(1);
    expect(step.read().get('w')?.data[0]).toBeCloseTo(0.9, 6);
    step.run({});
    expect(step.read().get('w')?.data[0]).toBeCloseTo(0.9 - 0.098112, 5);
    step.dispose();
  });

  it('refuses at recording a loss that reads a value back', () => {
    const reading: TrainStepDefinition = {
      ...smallNetwork('graph'),
      trainable: { w: [2] },
      buffers: {},
      inputs: { x: [2] },
      loss: ({ w }, _running, { x }) => {
        const scale = tf.mul(w!, x!).dataSync()[0]!;
        return { loss: tf.sum(tf.mul(w!, scale)), buffers: {} };
      },
    };
    expect(() => trainStep(reading)).toThrow(NotRecordable);
    expect(() => trainStep(reading)).toThrow('read back inside of the step, after Mul');
  });

  it('refuses at recording a tensor that is no declared input', () => {
    const outside = tf.mul(tf.tensor1d([1, 2]), 2);
    const reading: TrainStepDefinition = {
      ...smallNetwork('graph'),
      trainable: { w: [2] },
      buffers: {},
      inputs: {},
      loss: ({ w }) => ({ loss: tf.sum(tf.mul(w!, outside)), buffers: {} }),
    };
    expect(() => trainStep(reading)).toThrow('not a declared input');
    outside.dispose();
  });

  it('says which inputs are missing or of another size', () => {
    const step = trainStep(smallNetwork('graph'));
    step.write(start);
    expect(() => step.run({ x: new Float32Array(3) })).toThrow('x: expected 1024 values (4×16×16×1), got 3');
    expect(() => step.write(new Map())).toThrow('conv: expected 128 values (4×4×1×8), got nothing');
    step.dispose();
  });
});

describe('a recorded computation', () => {
  it('names the constant that depends on the inputs', () => {
    let calls = 0;
    const drawing: TrainStepDefinition = {
      ...smallNetwork('graph'),
      trainable: { w: [2] },
      buffers: {},
      inputs: {},
      loss: ({ w }) => ({ loss: tf.sum(tf.mul(w!, tf.tensor1d([calls++, 1]))), buffers: {} }),
    };
    expect(() => trainStep(drawing)).toThrow(/constant \d+, read by Mul, depends on the inputs' values/);
  });
});
