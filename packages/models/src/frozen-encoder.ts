import { type Tensor, type TensorData, tf } from '@ddad/compute';
import type { Block } from './block.ts';
import { foldBlocks, inferFolded, type Tensors } from './blocks.ts';

/** The part of a frozen member that gives latent codes. */
export interface FrozenEncoder {
  /** Its weights, BatchNorm folded into the layers before it, from a member's trainable tensors and buffers. */
  fold(tensors: ReadonlyMap<string, TensorData>): Map<string, TensorData>;
  /** Latent codes of images [N,S,S,1] in inference mode: [N,L]. @param folded what `fold` gave */
  codes(folded: Tensors, images: Tensor): Tensor;
}

export function frozenEncoder(blocks: readonly Block[]): FrozenEncoder {
  return {
    fold: (tensors) => foldBlocks(blocks, tensors),
    codes: (folded, images) => tf.tidy(() => inferFolded(blocks, folded, images)),
  };
}
