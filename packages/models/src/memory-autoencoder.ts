import { type Tensor, tf } from '@ddad/compute';
import { decoderBlocks, encoderBlocks, memoryName, paperWidths, type Widths } from './architecture.ts';
import type { BackboneModel } from './backbone-model.ts';
import { blockParameters, foldBlocks, inferBlocks, inferFolded, tensorOf } from './blocks.ts';
import { encoderDecoder } from './encoder-decoder.ts';
import { frozenEncoder } from './frozen-encoder.ts';
import type { ParameterSpec } from './parameters.ts';

/** Latent codes that the memory holds. */
const slots = 25;
const entropyWeight = 2e-4;
/** Keeps the logarithm of an attention that rounds to 0 finite. */
const entropyEpsilon = 1e-12;

/** The slots, one a row. */
function memoryOf({ latentSize = paperWidths.latentSize }: Widths): ParameterSpec {
  return {
    name: memoryName,
    kind: 'trainable',
    pytorchShape: [slots, latentSize],
    shape: [slots, latentSize],
    unfolded: [slots, latentSize],
    permutation: [0, 1],
    initial: { kind: 'uniform', fanIn: latentSize },
  };
}

/**
 * Replaces latent codes by what the memory holds: attention is the softmax over the dot products of code and slots, without
 * shrinkage, and the new code is the slots' sum, weighted by it.
 * @param codes [N,L]
 * @param memory [M,L]
 * @returns attention [N,M], each row of sum 1, and the new codes [N,L]
 */
export function recall(codes: Tensor, memory: Tensor): { attention: Tensor; codes: Tensor } {
  return tf.tidy(() => {
    const attention = tf.softmax(tf.matMul(codes, memory, false, true));
    return { attention, codes: tf.matMul(attention, memory) };
  });
}

/**
 * Mean over the batch of the attention's entropy, −Σ w·log(w + 1e-12) over the slots: 0 where one slot has it all, log M
 * where all have the same.
 * @param attention [N,M]
 */
export function attentionEntropy(attention: Tensor): Tensor {
  return tf.tidy(() =>
    tf.neg(tf.mean(tf.sum(tf.mul(attention, tf.log(tf.add(attention, entropyEpsilon))), 1))),
  );
}

/**
 * Backbone `memae`, MemAE: an autoencoder whose decoder sees its latent code only as a mixture of 25 learned ones, trained
 * on the mean squared error plus 2e-4 times the attention's entropy. Parameters are those of `ae` and, between its linear
 * layers, the slots as `mem_rep.memory.weight` [25,16], as the authors' module names them. 4,487,648 parameters
 * at 64×64, 17,073,632 at 128×128, of the paper's widths.
 */
export function memoryAutoencoder(imageSize: number, widths: Widths = {}): BackboneModel {
  const encoder = encoderBlocks(imageSize, widths);
  const decoder = decoderBlocks(1, imageSize, widths);
  const memory = memoryOf(widths);
  const { train, batchStatistics } = encoderDecoder(encoder, decoder, (codes, weights) =>
    recall(codes, tensorOf(weights, memory.name)),
  );
  return {
    parameters: [...blockParameters(encoder), memory, ...blockParameters(decoder)],
    loss: (weights, buffers, { images }, drop) =>
      tf.tidy(() => {
        const { y, codes, seen, buffers: renewed } = train(weights, buffers, images, { drop });
        const error = tf.mean(tf.squaredDifference(y, images));
        const loss = tf.add(error, tf.mul(attentionEntropy(seen.attention), entropyWeight));
        return { loss, buffers: renewed, codes };
      }),
    batchStatistics,
    reconstruct: (weights, buffers, images, drop) => ({
      image: tf.tidy(() => {
        const encoded = inferBlocks(encoder, weights, buffers, images, drop);
        const { codes } = recall(encoded, tensorOf(weights, memory.name));
        return inferBlocks(decoder, weights, buffers, codes, drop);
      }),
      variance: null,
    }),
    fold: (tensors) => {
      const folded = new Map([...foldBlocks(encoder, tensors), ...foldBlocks(decoder, tensors)]);
      return folded.set(memory.name, tensorOf(Object.fromEntries(tensors), memory.name));
    },
    reconstructFolded: (folded, images, drop) => ({
      image: tf.tidy(() => {
        const encoded = inferFolded(encoder, folded, images, drop);
        return inferFolded(decoder, folded, recall(encoded, tensorOf(folded, memory.name)).codes, drop);
      }),
      variance: null,
    }),
    encoder: frozenEncoder(encoder),
  };
}
