import { tf } from '@ddad/compute';
import { decoderBlocks, encoderBlocks, type Widths } from './architecture.ts';
import type { BackboneModel } from './backbone-model.ts';
import { blockParameters, foldBlocks, inferBlocks, inferFolded, trainBlocks } from './blocks.ts';

/**
 * Backbone `ae`: the plain autoencoder, trained on the mean squared error (eqs. 1 and 2). 4,487,248 parameters at 64×64,
 * 17,073,232 at 128×128, of the paper's widths.
 */
export function autoencoder(imageSize: number, widths: Widths = {}): BackboneModel {
  const blocks = [...encoderBlocks(imageSize, widths), ...decoderBlocks(1, imageSize, widths)];
  return {
    parameters: blockParameters(blocks),
    loss: (weights, buffers, { images }, drop) =>
      tf.tidy(() => {
        const { y, buffers: renewed } = trainBlocks(blocks, weights, buffers, images, drop);
        return { loss: tf.mean(tf.squaredDifference(y, images)), buffers: renewed };
      }),
    reconstruct: (weights, buffers, images, drop) => ({
      image: tf.tidy(() => inferBlocks(blocks, weights, buffers, images, drop)),
      variance: null,
    }),
    fold: (tensors) => foldBlocks(blocks, tensors),
    reconstructFolded: (folded, images, drop) => ({
      image: tf.tidy(() => inferFolded(blocks, folded, images, drop)),
      variance: null,
    }),
  };
}
