import { gradientPenalty, phase, phasedStep, sgd, tf } from '@ddad/compute';
import { describe, expect, it } from 'vitest';
import { shapesOf, toPyTorch, trainableNames } from '../parameters.ts';
import { networkReference, runPython } from '../reference.testing.ts';
import { trainingPass } from './layer.ts';
import { type NetworkName, networks } from './networks.testing.ts';
import {
  channelsFirst,
  differing,
  drawn,
  drawnWeights,
  learning,
  proveNetwork,
  shallow,
} from './prove-network.testing.ts';

/** Input and output, N,H,W,C. */
const cases: [NetworkName, number[], number[]][] = [
  ['critic', [3, 8, 8, 1], [3, 1]],
  ['smooth-critic', [3, 8, 8, 1], [3, 1]],
  ['generator', [4, 5], [4, 8, 8, 1]],
  ['mixed', [3, 8, 8, 2], [3, 8, 8, 2]],
];

describe.each(cases)('network %s', (name, entry, output) => {
  const layer = networks[name]();
  const weights = drawnWeights(layer);
  proveNetwork(name, { entry, output, weights, tolerance: shallow });

  it('trains the same as a graph and eagerly, and leaves no tensor behind', () => {
    const target = drawn('target', output);
    const tensors = tf.memory().numTensors;
    const steps = (['graph', 'eager'] as const).map((mode) => learning(layer, entry, output, mode));
    try {
      const losses = steps.map((step) => {
        step.write(new Map(weights).set('x', drawn('x', entry)));
        return Array.from({ length: 10 }, () => step.run('main', { target: target.data }).loss);
      });
      losses[0]!.forEach((loss, i) => {
        expect(Math.abs(loss / losses[1]![i]! - 1), `step ${i + 1}`).toBeLessThan(1e-5);
      });
      expect(losses[0]![9]).toBeLessThan(losses[0]![0]!);
    } finally {
      for (const step of steps) step.dispose();
    }
    expect(tf.memory().numTensors).toBe(tensors);
  });
});

describe.each(['critic', 'smooth-critic'] as const)('a gradient penalty of network %s', (name) => {
  const layer = networks[name]();
  const { parameters } = layer;
  const weights = drawnWeights(layer);
  const x = drawn('x', [3, 8, 8, 1]);
  const penalised = (mode: 'graph' | 'eager') =>
    phasedStep({
      weights: shapesOf(parameters).trainable,
      phases: {
        critic: phase({
          trains: trainableNames(parameters),
          inputs: { x: x.shape },
          loss: (tensors, _buffers, inputs) => {
            const judge = (at: typeof inputs.x) => layer.apply(at, trainingPass(tensors));
            // The last bias has no part in the slopes; tfjs wants one of each weight.
            const none = tf.mul(tf.sum(judge(inputs.x)), 0);
            return { loss: tf.add(gradientPenalty(judge, inputs.x).penalty, none) };
          },
          optimiser: sgd({ learningRate: 0.01 }),
        }),
      },
      mode,
    });

  it('has the second derivatives that differences of hand-written first ones give, as a graph and eagerly', () => {
    const expected = networkReference('penalty', name, toPyTorch(parameters, weights), {
      x: channelsFirst(x),
    });
    expect(expected.get('margin')!.data[0]).toBeGreaterThan(1e-5);
    for (const mode of ['graph', 'eager'] as const) {
      const step = penalised(mode);
      try {
        step.write(weights);
        const gradients = toPyTorch(parameters, step.gradients('critic', { x: x.data }));
        expect(gradients.size).toBe(parameters.length);
        expect(differing(gradients, expected, shallow), mode).toEqual([]);
        const { loss } = step.run('critic', { x: x.data });
        expect(Math.abs(loss / expected.get('penalty')!.data[0]! - 1)).toBeLessThan(1e-5);
      } finally {
        step.dispose();
      }
    }
  }, 60_000);
});

it('has a reference whose hand-written derivatives equal finite differences', () => {
  const output = runPython('check_networks.py', []);
  for (const name of Object.keys(networks)) expect(output).toContain(`${name}: `);
}, 150_000);
