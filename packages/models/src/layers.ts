import { batchNormInfer, batchNormTrain, type Tensor, type TensorData, tf } from '@ddad/compute';

/** Tensors of a network by name. */
export type Tensors = Record<string, Tensor>;

/** BatchNorm's ε and momentum (PyTorch's sense: the share of the new value). */
const epsilon = 1e-5;
const momentum = 0.1;

/** How BatchNorm layers behave in a forward pass. */
export interface Normaliser {
  /** @param x [N,H,W,C] or [N,C] */
  normalise(name: string, x: Tensor): Tensor;
}

/** By the batch's own statistics; collects new running statistics. */
export class TrainingNormaliser implements Normaliser {
  /** New values of the buffers. */
  readonly buffers: Tensors = {};
  readonly #weights: Tensors;
  readonly #running: Tensors;

  constructor(weights: Tensors, running: Tensors) {
    this.#weights = weights;
    this.#running = running;
  }

  normalise(name: string, x: Tensor): Tensor {
    const { y, mean, variance } = batchNormTrain(
      x,
      this.#weights[`${name}.weight`],
      this.#weights[`${name}.bias`],
      epsilon,
    );
    const blend = (part: string, batch: Tensor) => {
      const old = this.#running[`${name}.${part}`];
      this.buffers[`${name}.${part}`] = tf.add(tf.mul(old, 1 - momentum), tf.mul(batch, momentum));
    };
    blend('running_mean', mean);
    blend('running_var', variance);
    return y;
  }
}

/** By the running statistics. */
export class InferenceNormaliser implements Normaliser {
  readonly #weights: Tensors;

  constructor(weights: Tensors) {
    this.#weights = weights;
  }

  normalise(name: string, x: Tensor): Tensor {
    const part = (of: string) => this.#weights[`${name}.${of}`];
    return batchNormInfer(
      x,
      part('running_mean'),
      part('running_var'),
      part('weight'),
      part('bias'),
      epsilon,
    );
  }
}

/** For folded weights: the layer before has done it. */
export const noNormaliser: Normaliser = { normalise: (_name, x) => x };

type Tensor4D = ReturnType<typeof tf.tensor4d>;

function withBias(weights: Tensors, name: string, y: Tensor): Tensor {
  const bias = weights[`${name}.bias`];
  return bias === undefined ? y : tf.add(y, bias);
}

/** [N,H,W,I] → [N,H/stride,W/stride,O]; TensorFlow's `same` padding equals PyTorch's pad 1 for 4×4 and 3×3 kernels here. */
export function convolve(weights: Tensors, name: string, x: Tensor, stride: number): Tensor {
  return withBias(
    weights,
    name,
    tf.conv2d(x as Tensor4D, weights[`${name}.weight`] as Tensor4D, stride, 'same'),
  );
}

/** [N,H,W,I] → [N,2H,2W,O] */
export function convolveTransposed(weights: Tensors, name: string, x: Tensor): Tensor {
  const filter = weights[`${name}.weight`] as Tensor4D;
  const [n, height, width] = x.shape;
  const size: [number, number, number, number] = [n, 2 * height, 2 * (width ?? 0), filter.shape[2]];
  return withBias(weights, name, tf.conv2dTranspose(x as Tensor4D, filter, size, 2, 'same'));
}

/** [N,I] → [N,O] */
export function linearLayer(weights: Tensors, name: string, x: Tensor): Tensor {
  return withBias(weights, name, tf.matMul(x, weights[`${name}.weight`]));
}

/**
 * Folds BatchNorm into the layer before it: w·γ/√(σ²+ε), and the rest into a bias.
 * @param outputAxis axis of the output channels in TensorFlow's layout of the layer's weight
 * @returns the layer's `weight` and `bias`
 */
export function foldLayer(
  tensors: ReadonlyMap<string, TensorData>,
  layer: string,
  norm: string,
  outputAxis: number,
): [string, TensorData][] {
  const get = (name: string): TensorData => {
    const tensor = tensors.get(name);
    if (tensor === undefined) throw new Error(`weights: expected ${name}, got ${tensors.size} others`);
    return tensor;
  };
  const { shape, data } = get(`${layer}.weight`);
  const bias = tensors.get(`${layer}.bias`)?.data;
  const [gamma, beta, mean, variance] = ['weight', 'bias', 'running_mean', 'running_var'].map(
    (p) => get(`${norm}.${p}`).data,
  );
  const scale = Float64Array.from(gamma, (g, c) => g / Math.sqrt(variance[c] + epsilon));
  const inner = shape.slice(outputAxis + 1).reduce((product, side) => product * side, 1);
  const channels = shape[outputAxis];
  const folded = Float32Array.from(data, (w, i) => w * scale[Math.floor(i / inner) % channels]);
  const offset = Float32Array.from(beta, (b, c) => b + ((bias?.[c] ?? 0) - mean[c]) * scale[c]);
  return [
    [`${layer}.weight`, { shape, data: folded }],
    [`${layer}.bias`, { shape: [channels], data: offset }],
  ];
}
