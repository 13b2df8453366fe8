import { type Tensor, tf } from './tensorflow.ts';

/**
 * How the adjoint of a convolution of stride 2 goes through one of stride 1, in one direction. Output pixel 2j + a − shift (a = 0, 1)
 * takes input pixels j + d through the kernel's taps t = a + (padding − shift) − 2d, for d from `first` on: as many as there are taps
 * within the kernel.
 */
export interface SpreadPlan {
  /** 0 or 1: what makes fewer taps. */
  shift: 0 | 1;
  /** Input pixels that an output pixel takes. */
  taps: number;
  /** Rows of zeros before and after the input; less than 0: rows that are not read. */
  before: number;
  after: number;
  /** Zeros before the kernel, so that its taps come in pairs. */
  kernelBefore: 0 | 1;
}

/**
 * @param kernel side of the kernel
 * @param output side of the result
 * @param input side of what comes in
 */
export function spreadPlan(kernel: number, padding: number, output: number, input: number): SpreadPlan {
  const plans = ([0, 1] as const).map((shift): SpreadPlan => {
    const offset = padding - shift;
    const last = Math.floor((offset + 1) / 2);
    const first = Math.ceil((offset - kernel + 1) / 2);
    const pairs = Math.ceil((output + shift) / 2);
    return {
      shift,
      taps: last - first + 1,
      before: -first,
      after: pairs + last - input,
      kernelBefore: (2 * last - offset) as 0 | 1,
    };
  });
  const [even, odd] = plans as [SpreadPlan, SpreadPlan];
  return odd.taps < even.taps ? odd : even;
}

/**
 * The kernel by which one convolution gives the four output pixels of an input pixel as channels.
 * @param weight [K,K,I,O] of the convolution whose adjoint it is
 * @returns [taps,taps,O,4·I]
 */
export function kernelOfChannels(
  weight: Tensor,
  { taps, kernelBefore }: SpreadPlan,
): ReturnType<typeof tf.tensor4d> {
  const [kernel = 0, , inputs = 0, outputs = 0] = weight.shape;
  const zeros: [number, number] = [kernelBefore, 2 * taps - kernel - kernelBefore];
  const even = zeros.some((count) => count > 0)
    ? tf.pad(weight as ReturnType<typeof tf.tensor4d>, [zeros, zeros, [0, 0], [0, 0]])
    : weight;
  const pairs = tf.reshape(even, [taps, 2, taps, 2, inputs, outputs]);
  const byOutput = tf.reverse(tf.transpose(pairs, [0, 2, 5, 1, 3, 4]), [0, 1]);
  return tf.reshape(byOutput, [taps, taps, outputs, 4 * inputs]);
}
