import { describe, expect, it } from 'vitest';
import { productsInBfloat16 } from './bfloat16.ts';
import { randomStream } from './random.ts';
import { recordTwice } from './recording.ts';
import { type Tensor, tf } from './tensorflow.ts';
import { type TrainStepDefinition, trainStep } from './train-step.ts';

type Tensor4D = ReturnType<typeof tf.tensor4d>;

function network(precision: 'float32' | 'bfloat16'): TrainStepDefinition {
  return {
    trainable: { conv: [3, 3, 1, 8], deconv: [4, 4, 1, 8], dense: [8, 8] },
    buffers: {},
    inputs: { x: [2, 8, 8, 1] },
    loss: ({ conv, deconv, dense }, _buffers, { x }) => {
      const maps = tf.conv2d(x as Tensor4D, conv as Tensor4D, 2, 'same');
      const mixed = tf.reshape(tf.matMul(tf.reshape(maps, [32, 8]) as Tensor, dense!), [2, 4, 4, 8]);
      const y = tf.conv2dTranspose(mixed as Tensor4D, deconv as Tensor4D, [2, 8, 8, 1], 2, 'same');
      return { loss: tf.mean(tf.squaredDifference(y, x!)), buffers: {} };
    },
    optimiser: { learningRate: 1e-3, beta1: 0.5, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 },
    mode: 'graph',
    precision,
  };
}

function values(size: number, label: string): Float32Array {
  const drawn = new Float32Array(size);
  randomStream(3, label).fillUniform(-1, 1, drawn);
  return drawn;
}

/** Gradients by all of the products' backward ops, as one list. */
function gradients(precision: 'float32' | 'bfloat16'): number[] {
  const step = trainStep(network(precision));
  try {
    const shapes = Object.entries(network(precision).trainable);
    const sized = (shape: number[]) => shape.reduce((product, side) => product * side, 1);
    step.write(new Map(shapes.map(([name, shape]) => [name, { shape, data: values(sized(shape), name) }])));
    return [...step.gradients({ x: values(2 * 8 * 8, 'x') }).values()].flatMap(({ data }) => [...data]);
  } finally {
    step.dispose();
  }
}

describe('precision bfloat16', () => {
  it('rounds the factors of products to eight bits, and is the same again', () => {
    const [exact, rounded] = [gradients('float32'), gradients('bfloat16')];
    const norm = (list: number[]) => Math.sqrt(list.reduce((sum, x) => sum + x * x, 0));
    const error = norm(exact.map((x, i) => x - rounded[i]!)) / norm(exact);
    // One rounding is off by up to 2^-9 of the value; a gradient passes through some ten of them.
    expect(error).toBeLessThan(10 * 2 ** -9);
    expect(error).toBeGreaterThan(2 ** -12);
    expect(gradients('bfloat16')).toEqual(rounded);
  });

  it('leaves what trainable tensors have no part in as it is, and maps in bfloat16 up to the result', () => {
    const recording = recordTwice({ trained: [4, 4], frozen: [4, 4], x: [4, 4] }, (args) => {
      const { trained, frozen, x } = args as Record<string, ReturnType<typeof tf.tensor2d>>;
      return { y: tf.relu(tf.matMul(tf.matMul(x!, frozen!), trained!)) };
    });
    const types = (ops: typeof recording.ops) =>
      ops.map(({ op, attributes }) => [op, attributes.find(({ name }) => name === 'T')?.value]);
    expect(types(recording.ops)).toEqual([
      ['BatchMatMulV2', 1],
      ['BatchMatMulV2', 1],
      ['Relu', 1],
    ]);
    const changed = productsInBfloat16(recording, ['trained']);
    expect(types(changed.ops)).toEqual([
      ['BatchMatMulV2', 1],
      ['Cast', undefined],
      ['Cast', undefined],
      ['BatchMatMulV2', 14],
      ['Relu', 14],
      ['Cast', undefined],
    ]);
    expect(changed.results[0]!.source).toEqual({ from: 'op', index: 5, output: 0 });
  });

  it('is not there eagerly', () => {
    expect(() => trainStep({ ...network('bfloat16'), mode: 'eager' })).toThrow(
      'mode: expected graph with precision bfloat16, got eager',
    );
  });
});
