import { describe, expect, it } from 'vitest';
import { cosine } from '../learning-rate.ts';
import { tf } from '../tensorflow.ts';
import { trainStep } from '../train-step.ts';
import { adam, type OptimiserSettings, rmsprop, sgd } from './index.ts';

const curvatures = [1, 100, 1e-6, -3];
const start = [1, -0.2, 0.5, 1e-3];

/** Weights after each of so many steps on Σ curvature·w²/2, whose gradient is curvature·w. */
function descend(optimiser: OptimiserSettings, mode: 'graph' | 'eager', steps: number): number[][] {
  const step = trainStep({
    trainable: { w: [4] },
    buffers: {},
    inputs: { curvature: [4] },
    loss: ({ w }, _buffers, { curvature }) => ({
      loss: tf.mul(tf.sum(tf.mul(curvature!, tf.square(w!))), 0.5),
    }),
    optimiser,
    mode,
  });
  try {
    step.write(new Map([['w', { shape: [4], data: Float32Array.from(start) }]]));
    return Array.from({ length: steps }, () => {
      step.run({ curvature: Float32Array.from(curvatures) });
      return [...step.read().get('w')!.data];
    });
  } finally {
    step.dispose();
  }
}

/** The same in float64 by PyTorch's definitions, one weight after the other. `update` gives the change of w. */
function expected(
  steps: number,
  weightDecay: number,
  make: () => (gradient: number, step: number) => number,
): number[][] {
  const weights = [...start];
  const updates = weights.map(make);
  return Array.from({ length: steps }, (_, i) => {
    weights.forEach((w, at) => {
      weights[at] = w - updates[at]!(curvatures[at]! * w + weightDecay * w, i + 1);
    });
    return [...weights];
  });
}

function assertClose(found: number[][], wanted: number[][]): void {
  expect(found).toHaveLength(wanted.length);
  found.forEach((weights, step) => {
    weights.forEach((w, at) => {
      // float32's rounding over some steps, of weights around 1.
      expect(Math.abs(w - wanted[step]![at]!), `step ${step + 1}, weight ${at}`).toBeLessThan(2e-6);
    });
  });
}

const modes = ['graph', 'eager'] as const;

describe.each(modes)('as PyTorch defines them (%s)', (mode) => {
  it('SGD with momentum, weight decay and a rate that falls', () => {
    const rate = cosine({ from: 3e-3, steps: 12 });
    const settings = sgd({ learningRate: rate, momentum: 0.9, weightDecay: 0.05 });
    const wanted = expected(12, 0.05, () => {
      let momentum = 0;
      return (gradient, step) => {
        momentum = 0.9 * momentum + gradient;
        return rate(step - 1) * momentum;
      };
    });
    assertClose(descend(settings, mode, 12), wanted);
  });

  it('SGD without momentum keeps nothing, and worked by hand', () => {
    // w = 1, gradient 1, rate 0.1: 0.9, then 0.81. Curvature 100 would overshoot at 0.1: −0.2·(1 − 10).
    const [first, second] = descend(sgd({ learningRate: 0.1 }), mode, 2);
    expect(first![0]).toBeCloseTo(0.9, 6);
    expect(second![0]).toBeCloseTo(0.81, 6);
    expect(first![1]).toBeCloseTo(1.8, 5);
  });

  it('RMSProp, whose ε is outside of the root', () => {
    const wanted = expected(20, 0, () => {
      let square = 0;
      return (gradient) => {
        square = 0.99 * square + 0.01 * gradient ** 2;
        return (5e-3 * gradient) / (Math.sqrt(square) + 1e-8);
      };
    });
    assertClose(descend(rmsprop({ learningRate: 5e-3 }), mode, 20), wanted);
    // Gradient 5e-7 of the third weight: √(0.01·g²) = 5e-8, so that ε matters: 5e-3·5e-7/(5e-8 + 1e-8) = 0.041667 and not
    // 5e-3·5e-7/√(2.5e-15 + 1e-8) = 2.5e-5, as it would be inside.
    const [first] = descend(rmsprop({ learningRate: 5e-3 }), mode, 1);
    expect(first![2]).toBeCloseTo(0.5 - 0.041667, 5);
  });

  it.each([
    [0, 0.9],
    [0.9, 0.999],
  ])('Adam with β %f and %f, weight decay and a rate that falls', (beta1, beta2) => {
    const rate = cosine({ from: 1e-2, to: 1e-4, steps: 15 });
    const settings = adam({ learningRate: rate, beta1, beta2, weightDecay: 0.01 });
    const wanted = expected(20, 0.01, () => {
      let [m, v] = [0, 0];
      return (gradient, step) => {
        m = beta1 * m + (1 - beta1) * gradient;
        v = beta2 * v + (1 - beta2) * gradient ** 2;
        const [mHat, vHat] = [m / (1 - beta1 ** step), v / (1 - beta2 ** step)];
        return (rate(step - 1) * mHat) / (Math.sqrt(vHat) + 1e-8);
      };
    });
    assertClose(descend(settings, mode, 20), wanted);
  });
});

it("have PyTorch's defaults", () => {
  expect(adam({ learningRate: 1 })).toMatchObject({
    beta1: 0.9,
    beta2: 0.999,
    epsilon: 1e-8,
    weightDecay: 0,
  });
  expect(sgd({ learningRate: 1 })).toMatchObject({ momentum: 0, weightDecay: 0 });
  expect(rmsprop({ learningRate: 1 })).toMatchObject({ alpha: 0.99, epsilon: 1e-8, weightDecay: 0 });
});

it('a rate that is not finite is refused before the step', () => {
  expect(() => descend(sgd({ learningRate: () => Number.NaN }), 'graph', 1)).toThrow(
    'learning rate of step 1: expected a finite number from 0 on, got NaN',
  );
});
