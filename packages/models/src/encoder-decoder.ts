import { type Tensor, tf } from '@ddad/compute';
import type { Block } from './block.ts';
import { type Tensors, type TrainBlocksOptions, trainBlocks } from './blocks.ts';
import type { Drop } from './dropout.ts';

/** What stands between encoder and decoder. @returns the codes that the decoder sees, and what else the loss needs of it */
type Between<Seen extends { codes: Tensor }> = (codes: Tensor, weights: Tensors) => Seen;

/** Training mode of an encoder and a decoder. */
interface EncoderDecoder<Seen> {
  /** @returns the decoder's output, the encoder's codes, what the decoder saw in their place, and the statistics after the step */
  train(
    weights: Tensors,
    buffers: Tensors,
    images: Tensor,
    how: TrainBlocksOptions,
  ): { y: Tensor; codes: Tensor; seen: Seen; buffers: Tensors };
  /** A batch's own statistics, as a backbone tells them. */
  batchStatistics(weights: Tensors, images: Tensor, drop?: Drop): Tensors;
}

export function encoderDecoder<Seen extends { codes: Tensor }>(
  encoder: readonly Block[],
  decoder: readonly Block[],
  between: Between<Seen>,
): EncoderDecoder<Seen> {
  const train: EncoderDecoder<Seen>['train'] = (weights, buffers, images, how) => {
    const encoded = trainBlocks(encoder, weights, buffers, images, how);
    const seen = between(encoded.y, weights);
    const decoded = trainBlocks(decoder, weights, buffers, seen.codes, how);
    return { y: decoded.y, codes: encoded.y, seen, buffers: { ...encoded.buffers, ...decoded.buffers } };
  };
  return {
    train,
    batchStatistics: (weights, images, drop) =>
      tf.tidy(() => train(weights, weights, images, { drop, momentum: 1 }).buffers),
  };
}
