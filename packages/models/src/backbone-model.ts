import type { Tensor, TensorData } from '@ddad/compute';
import type { Tensors } from './blocks.ts';
import type { ParameterSpec } from './parameters.ts';

/** What a loss function gives: the scalar to minimise, and the running statistics after the step. */
export type LossResult = { loss: Tensor; buffers: Tensors };

/**
 * A reconstruction network: everything that trainer and scorer need of it. Pure functions over tensors in TensorFlow's
 * layout, keyed by the names in `parameters`; the caller owns what they return.
 */
export interface BackboneModel {
  parameters: readonly ParameterSpec[];
  /** Channels of a reconstruction: 1, the image; 2, the image and the logarithm of its variance (eq. 5). */
  outputs: 1 | 2;
  /**
   * Training mode, on a batch of images [N,64,64,1] in [-1,1]. Differentiable in `weights`. To be called inside of
   * compute's `trainStep`, which keeps the batch's statistics alive.
   */
  loss(weights: Tensors, buffers: Tensors, inputs: { images: Tensor }): LossResult;
  /** Inference mode: images [N,64,64,1] to [N,64,64,outputs]. */
  reconstruct(weights: Tensors, buffers: Tensors, images: Tensor): Tensor;
  /** Weights of a frozen member, BatchNorm folded into the layers before it, from trainable tensors and buffers. */
  fold(tensors: ReadonlyMap<string, TensorData>): Map<string, TensorData>;
  /** `reconstruct` with what `fold` gave. */
  reconstructFolded(folded: Tensors, images: Tensor): Tensor;
}
