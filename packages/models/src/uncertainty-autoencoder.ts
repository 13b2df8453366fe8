import { type Tensor, tf } from '@ddad/compute';
import { decoderBlocks, encoderBlocks, type Widths } from './architecture.ts';
import type { BackboneModel } from './backbone-model.ts';
import { blockParameters, foldBlocks, inferBlocks, inferFolded } from './blocks.ts';
import { encoderDecoder } from './encoder-decoder.ts';
import { frozenEncoder } from './frozen-encoder.ts';

/** The two channels of the last layer, each [N,H,W,1]. */
function channels(y: Tensor): { image: Tensor; logVariance: Tensor } {
  const [image, logVariance] = tf.split(y, 2, 3);
  return { image: image!, logVariance: logVariance! };
}

/** The same outside of training. */
function reconstruction(y: Tensor): { image: Tensor; variance: Tensor } {
  const { image, logVariance } = channels(y);
  return { image, variance: tf.exp(logVariance) };
}

/**
 * Eq. 5: the mean over all pixels of (x − x̂)²/σ² + log σ². Unbounded below, where x̂ comes ever nearer to x.
 * @param images x; all three of one shape
 * @param logVariance log σ²
 */
export function uncertaintyLoss(images: Tensor, image: Tensor, logVariance: Tensor): Tensor {
  return tf.tidy(() => {
    const error = tf.squaredDifference(image, images);
    return tf.add(tf.mean(tf.mul(tf.exp(tf.neg(logVariance)), error)), tf.mean(logVariance));
  });
}

/**
 * Backbone `aeu`, AE-U: the autoencoder with a second output channel, log σ², the variance that it expects of every pixel's
 * error, trained on eq. 5. Parameters are those of `ae`; only `decoder.9.weight` has two output channels. 4,487,504
 * parameters at 64×64, 17,073,488 at 128×128, of the paper's widths.
 */
export function uncertaintyAutoencoder(imageSize: number, widths: Widths = {}): BackboneModel {
  const encoder = encoderBlocks(imageSize, widths);
  const decoder = decoderBlocks(2, imageSize, widths);
  const blocks = [...encoder, ...decoder];
  const { train, batchStatistics } = encoderDecoder(encoder, decoder, (codes) => ({ codes }));
  return {
    parameters: blockParameters(blocks),
    loss: (weights, buffers, { images }, drop) =>
      tf.tidy(() => {
        const { y, codes, buffers: renewed } = train(weights, buffers, images, { drop });
        const { image, logVariance } = channels(y);
        const loss = uncertaintyLoss(images, image, logVariance);
        return { loss, buffers: renewed, codes };
      }),
    batchStatistics,
    reconstruct: (weights, buffers, images, drop) =>
      tf.tidy(() => reconstruction(inferBlocks(blocks, weights, buffers, images, drop))),
    fold: (tensors) => foldBlocks(blocks, tensors),
    reconstructFolded: (folded, images, drop) =>
      tf.tidy(() => reconstruction(inferFolded(blocks, folded, images, drop))),
    encoder: frozenEncoder(encoder),
  };
}
