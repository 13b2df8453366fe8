import { expect, it } from 'vitest';
import { randomStream } from './random.ts';
import { type Tensor, tf } from './tensorflow.ts';
import { transposedConvolution } from './transposed-convolution.ts';

type Tensor4D = ReturnType<typeof tf.tensor4d>;

function random(name: string, shape: [number, number, number, number]): Tensor4D {
  const values = new Float32Array(shape.reduce((product, side) => product * side, 1));
  randomStream(1, name).fillUniform(-1, 1, values);
  return tf.tensor4d(values, shape);
}

const largestDifference = (a: Tensor, b: Tensor): number => tf.max(tf.abs(tf.sub(a, b))).dataSync()[0]!;

it('spreads a pixel over output 2·pixel − 1 to 2·pixel + 2, as PyTorch does with padding 1', () => {
  tf.tidy(() => {
    const pixel = tf.tensor4d([0, 0, 0, 0, 1, 0, 0, 0, 0], [1, 3, 3, 1]);
    const kernel = tf.range(1, 17).reshape([4, 4, 1, 1]);
    const y = tf.reshape(transposedConvolution(pixel, kernel), [6, 6]);
    expect(y.arraySync()).toEqual([
      [0, 0, 0, 0, 0, 0],
      [0, 1, 2, 3, 4, 0],
      [0, 5, 6, 7, 8, 0],
      [0, 9, 10, 11, 12, 0],
      [0, 13, 14, 15, 16, 0],
      [0, 0, 0, 0, 0, 0],
    ]);
  });
});

it.each([1, 2, 3, 15, 16])('has the values and gradients of tfjs with %i output channels', (outputs) => {
  const before = tf.memory().numTensors;
  tf.tidy(() => {
    const x = random('x', [3, 4, 6, 5]);
    const kernel = random('kernel', [4, 4, outputs, 5]);
    const dy = random('dy', [3, 8, 12, outputs]);
    const plain = (maps: Tensor, weight: Tensor) =>
      tf.conv2dTranspose(maps as Tensor4D, weight as Tensor4D, [3, 8, 12, outputs], 2, 'same');
    // Sums of at most 4 · 5 (y), 16 · outputs (by x) and 72 (by the kernel) products within ±1: float32 rounding only.
    expect(largestDifference(transposedConvolution(x, kernel), plain(x, kernel))).toBeLessThan(4e-6);
    const ours = tf.grads(transposedConvolution)([x, kernel], dy);
    tf.grads(plain)([x, kernel], dy).forEach((gradient, i) => {
      expect(largestDifference(ours[i]!, gradient)).toBeLessThan(2e-5);
    });
  });
  expect(tf.memory().numTensors).toBe(before);
});
