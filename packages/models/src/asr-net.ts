import { type Tensor, tf } from '@ddad/compute';
import { refinerBlocks } from './architecture.ts';
import type { LossResult } from './backbone-model.ts';
import { blockParameters, inferBlocks, type Tensors, trainBlocks } from './blocks.ts';
import { focalLoss } from './focal-loss.ts';
import type { ParameterSpec } from './parameters.ts';

/** The refiner: pure functions over tensors in TensorFlow's layout, keyed by the names in `parameters`. */
export interface AsrNet {
  parameters: readonly ParameterSpec[];
  /**
   * Training mode (eq. 11): maps [N,H,W,inputs], labels [N,H,W,1], 1 where anomalous, else 0. Differentiable in `weights`.
   * To be called inside of compute's `trainStep`, which keeps the batch's statistics alive.
   */
  loss(weights: Tensors, buffers: Tensors, inputs: { maps: Tensor; labels: Tensor }): LossResult;
  /**
   * What BatchNorm normalises a batch by: mean and unbiased variance of its own, under the buffers' names. To be called inside of
   * compute's steps, as `loss`.
   */
  batchStatistics(weights: Tensors, maps: Tensor): Tensors;
  /** Inference mode (eqs. 8 and 13): maps [N,H,W,inputs] to the probability of the anomaly class [N,H,W,1]. */
  anomalyProbability(weights: Tensors, buffers: Tensors, maps: Tensor): Tensor;
}

/**
 * ASR-Net (section 3.5): three 3×3 convolutions, BatchNorm and ReLU after the first two, softmax over normal and anomalous.
 * Parameters carry the names of an `nn.Sequential` called `model`: convolutions `model.0`, `model.3`, `model.6`, BatchNorm
 * `model.1`, `model.4`. 152,834 parameters of two maps, 151,682 of one.
 * @param inputs 2: A_intra and A_inter, in this order (R_dual); 1: A_intra (R_intra)
 * @param width channels between the layers, for tests; the paper's are 128
 */
export function asrNet({ inputs, width }: { inputs: 1 | 2; width?: number }): AsrNet {
  const blocks = refinerBlocks(inputs, width);
  return {
    parameters: blockParameters(blocks),
    loss: (weights, buffers, { maps, labels }) =>
      tf.tidy(() => {
        const { y, buffers: renewed } = trainBlocks(blocks, weights, buffers, maps);
        return { loss: focalLoss(tf.softmax(y), labels), buffers: renewed };
      }),
    batchStatistics: (weights, maps) =>
      tf.tidy(() => trainBlocks(blocks, weights, weights, maps, { momentum: 1 }).buffers),
    anomalyProbability: (weights, buffers, maps) =>
      tf.tidy(() => {
        const [, height, width] = maps.shape;
        const probabilities = tf.softmax(inferBlocks(blocks, weights, buffers, maps));
        return tf.slice(probabilities, [0, 0, 0, 1], [-1, height!, width!, 1]);
      }),
  };
}
