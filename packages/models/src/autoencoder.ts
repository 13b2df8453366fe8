import { tf } from '@ddad/compute';
import { decoderBlocks, encoderBlocks, type Widths } from './architecture.ts';
import type { BackboneModel } from './backbone-model.ts';
import { blockParameters, foldBlocks, inferBlocks, inferFolded } from './blocks.ts';
import { encoderDecoder } from './encoder-decoder.ts';
import { frozenEncoder } from './frozen-encoder.ts';

/**
 * Backbone `ae`: the plain autoencoder, trained on the mean squared error (eqs. 1 and 2). 4,487,248 parameters at 64×64,
 * 17,073,232 at 128×128, of the paper's widths.
 */
export function autoencoder(imageSize: number, widths: Widths = {}): BackboneModel {
  const encoder = encoderBlocks(imageSize, widths);
  const decoder = decoderBlocks(1, imageSize, widths);
  const blocks = [...encoder, ...decoder];
  const { train, batchStatistics } = encoderDecoder(encoder, decoder, (codes) => ({ codes }));
  return {
    parameters: blockParameters(blocks),
    loss: (weights, buffers, { images }, drop) =>
      tf.tidy(() => {
        const { y, codes, buffers: renewed } = train(weights, buffers, images, { drop });
        const loss = tf.mean(tf.squaredDifference(y, images));
        return { loss, buffers: renewed, codes };
      }),
    batchStatistics,
    reconstruct: (weights, buffers, images, drop) => ({
      image: tf.tidy(() => inferBlocks(blocks, weights, buffers, images, drop)),
      variance: null,
    }),
    fold: (tensors) => foldBlocks(blocks, tensors),
    reconstructFolded: (folded, images, drop) => ({
      image: tf.tidy(() => inferFolded(blocks, folded, images, drop)),
      variance: null,
    }),
    encoder: frozenEncoder(encoder),
  };
}
