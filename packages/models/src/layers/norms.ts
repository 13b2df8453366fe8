import { batchNormInfer, batchNormTrain, type Tensor, tf } from '@ddad/compute';
import { epsilon } from '../block.ts';
import { runningMomentum, tensorOf } from '../blocks.ts';
import { affineSpecs, batchNormSpecs } from '../parameter-specs.ts';
import { type Layer, type Pass, pure } from './layer.ts';

export type Norm = 'batch' | 'layer' | 'instance' | 'none';

/** A normalisation by its kind, of maps or vectors. */
export function norm(kind: Norm, name: string, channels: number): Layer {
  switch (kind) {
    case 'batch':
      return batchNorm(name, channels);
    case 'layer':
      return layerNorm(name, channels);
    case 'instance':
      return instanceNorm();
    case 'none':
      return pure((x) => x);
  }
}

/**
 * nn.BatchNorm1d and 2d, with PyTorch's momentum of 0.1 and the unbiased variance as the running one. It has no second derivative in
 * training mode.
 */
export function batchNorm(name: string, channels: number): Layer {
  const field = (suffix: string) => `${name}.${suffix}`;
  return {
    parameters: batchNormSpecs(name, channels),
    apply(x, pass) {
      const scale = tensorOf(pass.weights, field('weight'));
      const offset = tensorOf(pass.weights, field('bias'));
      const running = (suffix: string) =>
        pass.renewed[field(suffix)] ?? tensorOf(pass.buffers, field(suffix));
      if (pass.mode === 'infer')
        return batchNormInfer(x, running('running_mean'), running('running_var'), scale, offset, epsilon);
      const { y, mean, variance } = batchNormTrain(x, scale, offset, epsilon);
      renew(pass, field('running_mean'), running('running_mean'), mean);
      renew(pass, field('running_var'), running('running_var'), variance);
      return y;
    },
  };
}

function renew({ renewed }: Pass, name: string, old: Tensor, batch: Tensor): void {
  renewed[name] = tf.add(tf.mul(old, 1 - runningMomentum), tf.mul(batch, runningMomentum));
}

/** Axes of an image's values, or of its pixels alone. */
const axesOf = (x: Tensor, channelsToo: boolean) =>
  x.shape.map((_, axis) => axis).slice(1, channelsToo ? x.rank : x.rank - 1);

/** x − mean over √(variance + ε), of each image for itself, times scale, plus offset. Twice differentiable. */
function normalised(x: Tensor, axes: number[], scale: Tensor | null, offset: Tensor | null): Tensor {
  const { mean, variance } = tf.moments(x, axes, true);
  const inverse = tf.rsqrt(tf.add(variance, epsilon));
  // Scale and offset first, which are small: two passes over the maps.
  const factor = scale === null ? inverse : tf.mul(inverse, scale);
  const shift = tf.neg(tf.mul(mean, factor));
  return tf.add(tf.mul(x, factor), offset === null ? shift : tf.add(shift, offset));
}

/**
 * Layer normalisation over all values of an image, with a scale and an offset for each channel, as critics have it: PyTorch's
 * nn.GroupNorm(1, channels); of vectors nn.LayerNorm(channels). Twice differentiable.
 */
export function layerNorm(name: string, channels: number): Layer {
  return {
    parameters: affineSpecs(name, channels),
    apply: (x, { weights }) =>
      normalised(x, axesOf(x, true), tensorOf(weights, `${name}.weight`), tensorOf(weights, `${name}.bias`)),
  };
}

/** nn.InstanceNorm2d with its default of neither scale nor offset: each channel of an image for itself. Twice differentiable. */
export function instanceNorm(): Layer {
  return pure((x) => normalised(x, axesOf(x, false), null, null));
}
