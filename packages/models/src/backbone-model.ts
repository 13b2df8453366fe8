import type { Tensor, TensorData } from '@ddad/compute';
import type { Tensors } from './blocks.ts';
import type { Drop } from './dropout.ts';
import type { FrozenEncoder } from './frozen-encoder.ts';
import type { ParameterSpec } from './parameters.ts';

/** What a loss function gives: the scalar to minimise, and the running statistics after the step. */
export type LossResult = { loss: Tensor; buffers: Tensors };

/** What a backbone's loss function gives. */
export type BackboneLoss = LossResult & {
  /** The batch's latent codes as the encoder gives them, before a memory: [N,L]. */
  codes: Tensor;
};

/** What a network makes of a batch of images. */
export interface Reconstruction {
  /** x̂, [N,S,S,1]. */
  image: Tensor;
  /** σ² (eq. 5), like `image`: the variance of x − x̂ that the network itself expects; null where it estimates none. */
  variance: Tensor | null;
}

/**
 * A reconstruction network for square images of side S: everything that trainer and scorer need of it. Pure functions over tensors in TensorFlow's
 * layout, keyed by the names in `parameters`; the caller owns what they return.
 */
export interface BackboneModel {
  parameters: readonly ParameterSpec[];
  /**
   * Training mode, on a batch of images [N,S,S,1] in [-1,1]. Differentiable in `weights`. To be called inside of
   * compute's `trainStep`, which keeps the batch's statistics alive.
   * @param drop MC Dropout's masks, here and below; none without dropout
   */
  loss(weights: Tensors, buffers: Tensors, inputs: { images: Tensor }, drop?: Drop): BackboneLoss;
  /**
   * What BatchNorm normalises a batch of images [N,S,S,1] by: mean and unbiased variance of its own, under the buffers' names. To be
   * called inside of compute's steps, as `loss`.
   */
  batchStatistics(weights: Tensors, images: Tensor, drop?: Drop): Tensors;
  /** Inference mode, on images [N,S,S,1]. With several passes' masks (`dropInPasses`) the passes lie along N, [P·N,S,S,1]. */
  reconstruct(weights: Tensors, buffers: Tensors, images: Tensor, drop?: Drop): Reconstruction;
  /** Weights of a frozen member, BatchNorm folded into the layers before it, from trainable tensors and buffers. */
  fold(tensors: ReadonlyMap<string, TensorData>): Map<string, TensorData>;
  /** `reconstruct` with what `fold` gave. */
  reconstructFolded(folded: Tensors, images: Tensor, drop?: Drop): Reconstruction;
  /** What gives a frozen member's latent codes. */
  encoder: FrozenEncoder;
}
