import { tf } from '@ddad/compute';
import type { BackboneModel } from './backbone-model.ts';
import {
  type Block,
  blockParameters,
  convolution,
  foldBlocks,
  inferBlocks,
  inferFolded,
  linear,
  trainBlocks,
  transposedConvolution,
} from './blocks.ts';

/** Values of the latent code. */
export const latentSize = 16;

const hidden = 2048;
/** What is left of a 64×64 image after four halvings. */
const codeMaps = { channels: 64, side: 4 };
const codeSize = codeMaps.channels * codeMaps.side * codeMaps.side;
/** Sites of dropout: the hidden units beside the latent code (`Drop`). */
const dropSites = { encoder: 0, decoder: 1 };
const halving = { kernel: 4, stride: 2 };

/** [N,64,64,1] to the latent code [N,16]. */
export function encoderBlocks(): Block[] {
  return [
    convolution('encoder.0', 1, 16, { ...halving, norm: 'encoder.1' }), // [N,32,32,16]
    convolution('encoder.3', 16, 32, { ...halving, norm: 'encoder.4' }), // [N,16,16,32]
    convolution('encoder.6', 32, 64, { ...halving, norm: 'encoder.7' }), // [N,8,8,64]
    convolution('encoder.9', 64, 64, { ...halving, norm: 'encoder.10' }), // [N,4,4,64]
    linear('linear_enc.0', codeSize, hidden, {
      norm: 'linear_enc.1',
      dropSite: dropSites.encoder,
      from: codeMaps,
    }), // [N,2048]
    linear('linear_enc.3', hidden, latentSize), // [N,16]
  ];
}

/** The latent code [N,16] to [N,64,64,outputs]. */
export function decoderBlocks(outputs: number): Block[] {
  return [
    linear('linear_dec.0', latentSize, hidden, { norm: 'linear_dec.1', dropSite: dropSites.decoder }), // [N,2048]
    linear('linear_dec.3', hidden, codeSize, { to: codeMaps }), // [N,4,4,64]
    transposedConvolution('decoder.0', 64, 64, { ...halving, norm: 'decoder.1' }), // [N,8,8,64]
    transposedConvolution('decoder.3', 64, 32, { ...halving, norm: 'decoder.4' }), // [N,16,16,32]
    transposedConvolution('decoder.6', 32, 16, { ...halving, norm: 'decoder.7' }), // [N,32,32,16]
    transposedConvolution('decoder.9', 16, outputs, halving), // [N,64,64,outputs]
  ];
}

const blocks = [...encoderBlocks(), ...decoderBlocks(1)];

/** Backbone `ae`: the plain autoencoder, trained on the mean squared error (eqs. 1 and 2). 4,487,248 parameters. */
export const autoencoder: BackboneModel = {
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
