import { letEscape } from './escapes.ts';
import type { Tensors } from './phase.ts';
import { type Tensor, tf } from './tensorflow.ts';

/**
 * Ops whose gradients depend on their own output. tfjs 4.22 notes the saved output before the op itself, so that a derivative of
 * such a gradient lacks a term and nothing says so.
 */
const onceDifferentiable = new Set([
  'Tanh',
  'Sigmoid',
  'Exp',
  'Elu',
  'Softmax',
  'LogSoftmax',
  'Selu',
  'Expm1',
]);

/** How many gradients are nested at present, and what was done inside of them, as tfjs notes it. */
function state(): { gradientDepth: number; activeTape: { kernelName: string }[] | null } {
  return tf.engine().state as unknown as ReturnType<typeof state>;
}

/**
 * To be called in the gradient of an op that has no second derivative here.
 * @throws Error where the gradient is itself differentiated
 */
export function refuseSecondDerivative(op: string): void {
  if (state().gradientDepth > 0)
    throw new Error(
      `${op} has no second derivative: expected another layer where a gradient is differentiated`,
    );
}

/**
 * Slopes of Σ f(x) in x, which can be differentiated once more, by what f depends on: what a gradient penalty is made of. To be
 * called inside of a loss function.
 * @param f of ops that are twice differentiable: convolutions (`convolve`), `tf.matMul`, `layerNorm`, this package's activations,
 *   sums, means, reshapes; not batch normalisation or pooling by tfjs's ops
 * @returns like x
 * @throws Error that names an op without a right second derivative
 */
export function inputSlopes(f: (x: Tensor) => Tensor, x: Tensor): Tensor {
  return tf.grad((input) => {
    const before = state().activeTape?.length ?? 0;
    const y = f(input);
    const wrong = new Set(
      (state().activeTape ?? [])
        .slice(before)
        .map(({ kernelName }) => kernelName)
        .filter((name) => onceDifferentiable.has(name)),
    );
    if (wrong.size > 0)
      throw new Error(
        `${[...wrong].join(', ')} of tfjs: expected an op with a second derivative, like this package's activations`,
      );
    return tf.sum(y);
  })(x);
}

/**
 * Slopes of a scalar in x, and what else is computed on the way to it, so that a network is not computed once for either. To be
 * called inside of a step, which the tensors live as long as.
 * @param f gives the scalar, `total`, and tensors by name
 * @returns `slopes`, like x, and the tensors
 */
export function slopesBeside<Name extends string>(
  f: (x: Tensor) => { total: Tensor; beside: Record<Name, Tensor> },
  x: Tensor,
): { slopes: Tensor; beside: Record<Name, Tensor> } {
  let beside: Tensors = {};
  const slopes = tf.grad((input) => {
    const found = f(input as Tensor);
    beside = Object.fromEntries(
      Object.entries<Tensor>(found.beside).map(([name, tensor]) => [name, letEscape(tensor)]),
    );
    return found.total;
  })(x);
  return { slopes, beside: beside as Record<Name, Tensor> };
}

/** Keeps a slope's norm away from 0, where the root has no derivative. */
const tiny = 1e-12;

/**
 * WGAN-GP's penalty: how far the norm of the critic's slopes is from 1 in each of the points x.
 * @param critic as `inputSlopes` wants it
 * @param x [N, ...]
 * @returns `penalty`, the mean of (norm − 1)² over N, and `norm`, the mean norm; scalars
 */
export function gradientPenalty(critic: (x: Tensor) => Tensor, x: Tensor): { penalty: Tensor; norm: Tensor } {
  const slopes = inputSlopes(critic, x);
  const axes = x.shape.map((_, axis) => axis).slice(1);
  const norms = tf.sqrt(tf.add(tf.sum(tf.square(slopes), axes), tiny));
  return { penalty: tf.mean(tf.square(tf.sub(norms, 1))), norm: tf.mean(norms) };
}
