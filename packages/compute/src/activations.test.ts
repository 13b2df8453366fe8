import { describe, expect, it } from 'vitest';
import { elu, leakyRelu, sigmoid, tanh } from './activations.ts';
import { inferenceStep } from './inference-step.ts';
import { inputSlopes } from './input-slopes.ts';
import { relu } from './relu.ts';
import { type Tensor, tf } from './tensorflow.ts';

const points = [-2.5, -0.4, 0.3, 1.7];
const s = (x: number) => 1 / (1 + Math.exp(-x));
const th = (x: number) => Math.tanh(x);

/** Each with its value, first and second derivative, by hand. */
const cases: [string, (x: Tensor) => Tensor, ...((x: number) => number)[]][] = [
  ['relu', relu, (x) => Math.max(x, 0), (x) => (x > 0 ? 1 : 0), () => 0],
  ['leakyRelu', (x) => leakyRelu(x, 0.2), (x) => (x > 0 ? x : 0.2 * x), (x) => (x > 0 ? 1 : 0.2), () => 0],
  [
    'elu',
    elu,
    (x) => (x > 0 ? x : Math.exp(x) - 1),
    (x) => (x > 0 ? 1 : Math.exp(x)),
    (x) => (x > 0 ? 0 : Math.exp(x)),
  ],
  ['sigmoid', sigmoid, s, (x) => s(x) * (1 - s(x)), (x) => s(x) * (1 - s(x)) * (1 - 2 * s(x))],
  ['tanh', tanh, th, (x) => 1 - th(x) ** 2, (x) => -2 * th(x) * (1 - th(x) ** 2)],
];

describe.each(['graph', 'eager'] as const)('activations (%s)', (mode) => {
  it.each(cases)('%s has its value, first and second derivative', (_name, activation, ...wanted) => {
    const step = inferenceStep({
      weights: new Map(),
      inputs: { x: [4], dy: [4], ddy: [4] },
      compute: (_weights, { x, dy, ddy }) => {
        // Σ ddy·dy·f'(x): its derivative in x is ddy·dy·f″(x), in dy it is ddy·f'(x). tfjs wants a path to each argument, and of
        // what is piecewise linear there is none in x: hence what is added.
        const [inX, inDy] = tf.grads((at: Tensor, by: Tensor) =>
          tf.add(
            tf.sum(tf.mul(ddy!, tf.grad((z) => activation(z))(at, by))),
            tf.mul(tf.add(tf.sum(at), tf.sum(by)), 0),
          ),
        )([x!, dy!]) as [Tensor, Tensor];
        return { y: activation(x!), slope: tf.grad((z) => activation(z))(x!, dy!), inX, inDy };
      },
      mode,
    });
    const before = tf.memory().numTensors;
    try {
      const dy = [1, -2, 3, 0.5];
      const ddy = [2, 1, -1, 4];
      const found = step.run({
        x: Float32Array.from(points),
        dy: Float32Array.from(dy),
        ddy: Float32Array.from(ddy),
      });
      const [value, slope, curvature] = wanted as ((x: number) => number)[];
      points.forEach((x, i) => {
        const [d, dd] = [dy[i]!, ddy[i]!];
        expect(found.y![i]).toBeCloseTo(value!(x), 5);
        expect(found.slope![i]).toBeCloseTo(d * slope!(x), 5);
        expect(found.inX![i]).toBeCloseTo(dd * d * curvature!(x), 5);
        expect(found.inDy![i]).toBeCloseTo(dd * slope!(x), 5);
      });
      expect(tf.memory().numTensors).toBe(before);
    } finally {
      step.dispose();
    }
  });
});

it('of which the smooth ones are needed, as those of tfjs lose a term: they are refused', () => {
  tf.tidy(() => {
    const x = tf.tensor1d(points);
    const weight = tf.tensor1d([1, 2, 3, 4]);
    for (const [name, f] of [
      ['Tanh', tf.tanh],
      ['Softmax', tf.softmax],
    ] as const) {
      const penalty = (w: Tensor) => tf.sum(tf.square(inputSlopes((at) => f(tf.mul(at, w)), x)));
      expect(() => tf.grad(penalty)(weight)).toThrow(
        `${name} of tfjs: expected an op with a second derivative`,
      );
    }
  });
});
