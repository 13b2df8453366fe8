import { describe, expect, it } from 'vitest';
import { leakyRelu } from './activations.ts';
import { batchNormTrain } from './batch-norm.ts';
import { convolve } from './convolve.ts';
import { inferenceStep } from './inference-step.ts';
import { gradientPenalty, inputSlopes, slopesBeside } from './input-slopes.ts';
import { adam } from './optimisers/index.ts';
import { phase, type Tensors } from './phase.ts';
import { phasedStep } from './phased-step.ts';
import { randomStream } from './random.ts';
import { type Shapes, sizeOf, type TensorData } from './tensor-data.ts';
import { type Tensor, tf } from './tensorflow.ts';

const weights: Shapes = { conv: [3, 3, 1, 4], bias: [4], down: [3, 3, 4, 4], dense: [64, 1] };

const drawn = (label: string, shapes: Shapes) =>
  new Map(
    Object.entries(shapes).map(([name, shape]): [string, TensorData] => {
      const data = new Float32Array(sizeOf(shape));
      randomStream(2, label, name).fillUniform(-0.5, 0.5, data);
      return [name, { shape, data }];
    }),
  );

function judge(w: Tensors, x: Tensor): Tensor {
  const first = leakyRelu(tf.add(convolve(x, w.conv!, { stride: 1, padding: 1 }), w.bias!), 0.2);
  const second = leakyRelu(convolve(first, w.down!, { stride: 2, padding: 1 }), 0.2);
  return tf.matMul(tf.reshape(second, [-1, 64]) as Tensor, w.dense!);
}

const penalised = (mode: 'graph' | 'eager') =>
  phasedStep({
    weights,
    phases: {
      critic: phase({
        trains: Object.keys(weights),
        inputs: { x: [3, 8, 8, 1] },
        loss: (w, _buffers, { x }) => {
          const { penalty, norm } = gradientPenalty((at) => judge(w, at), x);
          // The bias has a part in the penalty by its activation only, which is piecewise linear: none.
          return { loss: tf.add(penalty, tf.mul(tf.mean(judge(w, x)), 1e-3)), watched: { norm } };
        },
        optimiser: adam({ learningRate: 0.01, beta1: 0, beta2: 0.9 }),
      }),
    },
    mode,
  });

const x = drawn('x', { x: [3, 8, 8, 1] }).get('x')!.data;

describe('a gradient penalty', () => {
  it('of a linear critic is worked by hand', () => {
    tf.tidy(() => {
      // Slopes (3, 4) in each point: norm 5, penalty 16; d penalty / d w = 2·(5 − 1)·w/5.
      const w = tf.tensor2d([3, 4], [2, 1]);
      const points = tf.tensor2d([1, 2, -3, 0.5], [2, 2]);
      const of = (at: Tensor) => gradientPenalty((input) => tf.matMul(input as Tensor, at as Tensor), points);
      expect(of(w).penalty.dataSync()[0]).toBeCloseTo(16, 5);
      expect(of(w).norm.dataSync()[0]).toBeCloseTo(5, 5);
      const [a, b] = tf
        .grad((at) => of(at).penalty)(w)
        .dataSync();
      expect(a).toBeCloseTo((2 * 4 * 3) / 5, 5);
      expect(b).toBeCloseTo((2 * 4 * 4) / 5, 5);
    });
  });

  it('has the slopes of finite differences through convolutions', () => {
    const step = penalised('graph');
    try {
      const start = drawn('weights', weights);
      step.write(start);
      const gradients = step.gradients('critic', { x });
      for (const [name, { data }] of gradients) {
        // Along the gradient, where the slope is its norm.
        const norm = Math.hypot(...data);
        const lossAt = (by: number) => {
          const moved = start.get(name)!.data.map((value, i) => value + (by * data[i]!) / norm);
          step.write(new Map(start).set(name, { shape: weights[name]!, data: moved }));
          return step.run('critic', { x }).loss;
        };
        const slope = (lossAt(5e-3) - lossAt(-5e-3)) / 1e-2;
        if (name === 'bias') continue;
        // float32's loss, around 1, is exact to some 1e-7, its differences to some 1e-5.
        expect(Math.abs(slope / norm - 1), name).toBeLessThan(5e-3);
      }
    } finally {
      step.dispose();
    }
  });

  it('is the same as a graph and eagerly, falls, and leaves no tensor behind', () => {
    const tensors = tf.memory().numTensors;
    const [graph, eager] = [penalised('graph'), penalised('eager')];
    try {
      for (const step of [graph, eager]) step.write(drawn('weights', weights));
      const figures = Array.from({ length: 20 }, () =>
        [graph, eager].map((step) => step.run('critic', { x })),
      );
      for (const [a, b] of figures) {
        expect(Math.abs(a!.loss - b!.loss)).toBeLessThan(1e-4 * Math.abs(b!.loss));
        expect(Math.abs(a!.watched.norm! / b!.watched.norm! - 1)).toBeLessThan(1e-4);
      }
      expect(figures.at(-1)![0]!.loss).toBeLessThan(figures[0]![0]!.loss / 10);
    } finally {
      graph.dispose();
      eager.dispose();
    }
    expect(tf.memory().numTensors).toBe(tensors);
  });
});

it.each(['graph', 'eager'] as const)(
  'slopes come with what lies on the way to them, worked by hand (%s)',
  (mode) => {
    const before = tf.memory().numTensors;
    const step = inferenceStep({
      weights: new Map([['w', { shape: [2], data: Float32Array.of(3, -1) }]]),
      inputs: { x: [2] },
      // Σ (w·x)²: slopes 2·w²·x.
      compute: ({ w }, { x: at }) => {
        const { slopes, beside } = slopesBeside((input) => {
          const product = tf.mul(w!, input) as Tensor;
          return { total: tf.sum(tf.square(product)) as Tensor, beside: { product } };
        }, at!);
        return { slopes, product: beside.product };
      },
      mode,
    });
    try {
      const found = step.run({ x: Float32Array.of(0.5, 2) });
      expect([...found.slopes!]).toEqual([9, 4]);
      expect([...found.product!]).toEqual([1.5, -2]);
    } finally {
      step.dispose();
    }
    expect(tf.memory().numTensors).toBe(before);
  },
);

it('batch normalisation is refused where a gradient is differentiated, and nowhere else', () => {
  const normalised = (at: Tensor, scale: Tensor) => batchNormTrain(at, scale, tf.zeros([2]), 1e-5).y;
  tf.tidy(() => {
    const [at, scale] = [tf.tensor2d([1, 2, 3, 5], [2, 2]), tf.ones([2])];
    expect(tf.grad((s) => tf.sum(tf.square(normalised(at, s))))(scale).shape).toEqual([2]);
    const penalty = (s: Tensor) =>
      tf.sum(tf.square(inputSlopes((input) => tf.square(normalised(input, s)), at)));
    expect(() => tf.grad(penalty)(scale)).toThrow('batchNormTrain has no second derivative');
  });
});
