// The networks as chains of blocks; knows no TensorFlow.
import { type Block, convolution, linear, transposedConvolution } from './block.ts';

/** Widths of a network that images do not decide; those of `paperWidths` where they are absent. */
export interface Widths {
  /** Values of the latent code. */
  latentSize?: number | undefined;
  /** Units of the two linear layers beside the latent code. */
  wideLayer?: number | undefined;
}

/** The widths that the paper has, on every dataset. */
export const paperWidths = { latentSize: 16, wideLayer: 2048 } as const;

/** What is left of an image after four halvings: of 64×64, 64 maps of 4×4, 1024 values; of 128×128 four times as many. */
function codeOf(imageSize: number) {
  const maps = { channels: 64, side: imageSize / 16 };
  if (!Number.isInteger(maps.side) || maps.side < 1) {
    throw new RangeError(
      `image size: expected a multiple of 16, which can be halved four times, got ${imageSize}`,
    );
  }
  return { maps, size: maps.channels * maps.side ** 2 };
}
/** Sites of dropout: the hidden units beside the latent code (`Drop`). */
const dropSites = { encoder: 0, decoder: 1 };
const halving = { kernel: 4, stride: 2 };

/**
 * Images [N,S,S,1] to the latent code [N,L]. The shapes beside the layers are those of the paper, S = 64 and L = 16; another
 * size changes the maps' sides, and with them the two linear layers that read and write maps, and nothing else.
 * @param imageSize S, a multiple of 16
 */
export function encoderBlocks(imageSize: number, widths: Widths = {}): Block[] {
  const code = codeOf(imageSize);
  const { latentSize = paperWidths.latentSize, wideLayer = paperWidths.wideLayer } = widths;
  return [
    convolution('encoder.0', 1, 16, { ...halving, norm: 'encoder.1' }), // [N,32,32,16]
    convolution('encoder.3', 16, 32, { ...halving, norm: 'encoder.4' }), // [N,16,16,32]
    convolution('encoder.6', 32, 64, { ...halving, norm: 'encoder.7' }), // [N,8,8,64]
    convolution('encoder.9', 64, 64, { ...halving, norm: 'encoder.10' }), // [N,4,4,64]
    linear('linear_enc.0', code.size, wideLayer, {
      norm: 'linear_enc.1',
      dropSite: dropSites.encoder,
      from: code.maps,
    }), // [N,2048]
    linear('linear_enc.3', wideLayer, latentSize), // [N,16]
  ];
}

/** The latent code [N,L] to [N,S,S,outputs]. */
export function decoderBlocks(outputs: number, imageSize: number, widths: Widths = {}): Block[] {
  const code = codeOf(imageSize);
  const { latentSize = paperWidths.latentSize, wideLayer = paperWidths.wideLayer } = widths;
  return [
    linear('linear_dec.0', latentSize, wideLayer, { norm: 'linear_dec.1', dropSite: dropSites.decoder }), // [N,2048]
    linear('linear_dec.3', wideLayer, code.size, { to: code.maps }), // [N,4,4,64]
    transposedConvolution('decoder.0', 64, 64, { norm: 'decoder.1' }), // [N,8,8,64]
    transposedConvolution('decoder.3', 64, 32, { norm: 'decoder.4' }), // [N,16,16,32]
    transposedConvolution('decoder.6', 32, 16, { norm: 'decoder.7' }), // [N,32,32,16]
    transposedConvolution('decoder.9', 16, outputs), // [N,64,64,outputs]
  ];
}

/** MemAE's slots, [25,L], between encoder and decoder. */
export const memoryName = 'mem_rep.memory.weight';

/**
 * ASR-Net up to its softmax: maps [N,H,W,inputs] to [N,H,W,2], normal and anomalous.
 * @param width channels between the layers; the paper's are 128
 */
export function refinerBlocks(inputs: 1 | 2, width = 128): Block[] {
  const settings = { kernel: 3, stride: 1, bias: true };
  return [
    convolution('model.0', inputs, width, { ...settings, norm: 'model.1' }), // [N,H,W,128]
    convolution('model.3', width, width, { ...settings, norm: 'model.4' }), // [N,H,W,128]
    convolution('model.6', width, 2, settings), // [N,H,W,2]
  ];
}
