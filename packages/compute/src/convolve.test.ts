import { describe, expect, it } from 'vitest';
import { type ConvolutionForm, convolve, convolveTransposed } from './convolve.ts';
import { randomStream } from './random.ts';
import { type Tensor, tf } from './tensorflow.ts';

type Tensor4D = ReturnType<typeof tf.tensor4d>;
type Layer = (x: Tensor, weight: Tensor) => Tensor;

function random(name: string, shape: readonly number[]): Tensor {
  const values = new Float32Array(shape.reduce((product, side) => product * side, 1));
  randomStream(1, name).fillUniform(-1, 1, values);
  return tf.tensor(values, [...shape]);
}

/** Largest difference as a share of the largest value: sums of up to some hundred products in float32. */
function assertClose(found: Tensor, wanted: Tensor, what: string): void {
  expect(found.shape, what).toEqual(wanted.shape);
  const [difference] = tf.max(tf.abs(tf.sub(found, wanted))).dataSync();
  const [largest] = tf.max(tf.abs(wanted)).dataSync();
  expect(difference! / largest!, what).toBeLessThan(3e-6);
}

/** First derivatives in both arguments, and those of the square of the first one's: what a gradient penalty asks for. */
function derivatives(layer: Layer, x: Tensor, weight: Tensor, dy: Tensor): Tensor[] {
  const penalty = (w: Tensor, d: Tensor) => tf.sum(tf.square(tf.grads(layer)([x, w], d)[0] as Tensor));
  return [...tf.grads(layer)([x, weight], dy), ...tf.grads(penalty)([weight, dy])];
}

function assertSameLayer(ours: Layer, theirs: Layer, x: Tensor, weight: Tensor): void {
  const y = theirs(x, weight);
  assertClose(ours(x, weight), y, 'value');
  const dy = random('dy', y.shape);
  const wanted = derivatives(theirs, x, weight, dy);
  derivatives(ours, x, weight, dy).forEach((found, i) => {
    assertClose(found, wanted[i]!, ['by x', 'by weight', 'second, by weight', 'second, by dy'][i]!);
  });
}

/** Kernel, stride, padding, height and width. */
const forms = [
  [3, 1, 1, 5, 6],
  [3, 2, 1, 6, 8],
  [3, 2, 1, 5, 7],
  [3, 2, 0, 8, 7],
  [4, 2, 1, 6, 8],
  [4, 1, 0, 6, 5],
  [5, 2, 2, 9, 8],
  [7, 2, 3, 12, 10],
  [1, 2, 0, 6, 5],
  [1, 1, 0, 4, 4],
] as const;

/** By tfjs's own ops, whose second derivatives are right (`input-slopes.ts`). */
const byTfjs =
  ({ stride, padding }: ConvolutionForm): Layer =>
  (x, weight) => {
    const zeros: [number, number] = [padding, padding];
    return tf.conv2d(
      tf.pad(x as Tensor4D, [[0, 0], zeros, zeros, [0, 0]]),
      weight as Tensor4D,
      stride,
      'valid',
    );
  };

describe.each(forms)(
  'kernel %i, stride %i, padding %i, maps of %i×%i',
  (kernel, stride, padding, height, width) => {
    const form = { stride, padding };

    it('convolve has the values, and first and second derivatives, of padding and a plain convolution', () => {
      const before = tf.memory().numTensors;
      tf.tidy(() => {
        const [x, weight] = [random('x', [2, height, width, 3]), random('weight', [kernel, kernel, 3, 4])];
        assertSameLayer((maps, w) => convolve(maps, w, form), byTfjs(form), x, weight);
      });
      expect(tf.memory().numTensors).toBe(before);
    });

    it.each([0, 1] as const)('convolveTransposed is its adjoint, with output padding %i', (outputPadding) => {
      if (outputPadding >= stride) return;
      tf.tidy(() => {
        const grown = (side: number) => (side - 1) * stride - 2 * padding + kernel + outputPadding;
        const [h, w] = [grown(height), grown(width)];
        const [x, weight] = [random('x', [2, height, width, 3]), random('weight', [kernel, kernel, 4, 3])];
        const theirs: Layer = (maps, kernels) => {
          const shape: [number, number, number, number] = [2, h + 2 * padding, w + 2 * padding, 4];
          const all = tf.conv2dTranspose(maps as Tensor4D, kernels as Tensor4D, shape, stride, 'valid');
          return tf.slice(all, [0, padding, padding, 0], [2, h, w, 4]);
        };
        assertSameLayer(
          (maps, k) => convolveTransposed(maps, k, { ...form, outputPadding }),
          theirs,
          x,
          weight,
        );
      });
    });
  },
);

it('counts padding as PyTorch does, on both sides, also where TensorFlow would not', () => {
  tf.tidy(() => {
    // Ones, kernel of ones: a window counts its pixels within the maps. Windows of stride 2 begin at −1 and 1.
    const y = convolve(tf.ones([1, 4, 4, 1]), tf.ones([3, 3, 1, 1]), { stride: 2, padding: 1 });
    expect(tf.reshape(y, [2, 2]).arraySync()).toEqual([
      [4, 6],
      [6, 9],
    ]);
    // The transposed one spreads each pixel over a window that begins at 2·pixel − 1.
    const back = convolveTransposed(tf.ones([1, 2, 1, 1]), tf.ones([3, 3, 1, 1]), { stride: 2, padding: 1 });
    expect(tf.reshape(back, [3]).arraySync()).toEqual([1, 2, 1]);
  });
});
