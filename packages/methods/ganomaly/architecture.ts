// The networks as lists of layers, for training and for export; knows no TensorFlow.

/** Values of the latent code, units of the linear layers beside it and of the discriminator's features. */
export const widths = { latent: 16, linear: 1024 } as const;

/** A 4×4 convolution of stride 2 and padding 1 without a bias, to maps of half or twice the side. */
export interface Convolution {
  /** Its name in the network; batch normalisation and ReLU follow where `norm` names one. */
  name: string;
  norm: string | null;
  inputs: number;
  outputs: number;
}

const channels = [1, 16, 32, 64, 64] as const;

/** What halves an image's side four times, in all three encoders and in the discriminator. @param prefix the network's name */
export function halvings(prefix: string): Convolution[] {
  return channels.slice(1).map((outputs, i) => ({
    name: `${prefix}.en_block${i + 1}.model.0`,
    norm: `${prefix}.en_block${i + 1}.model.1`,
    inputs: channels[i]!,
    outputs,
  }));
}

/** The decoder's transposed convolutions; behind the last there is neither norm nor activation. */
export function doublings(prefix: string): Convolution[] {
  return channels.slice(1).map((_, i) => {
    const from = channels.length - 1 - i;
    return {
      name: `${prefix}.de_block${i + 1}.model.0`,
      norm: from === 1 ? null : `${prefix}.de_block${i + 1}.model.1`,
      inputs: channels[from]!,
      outputs: channels[from - 1]!,
    };
  });
}

/** What is left of an image after four halvings: of 64×64, 64 maps of 4×4. @param imageSize a multiple of 16 */
export function codeMaps(imageSize: number): { channels: number; side: number; size: number } {
  const side = imageSize / 16;
  return { channels: 64, side, size: 64 * side * side };
}

/** Prefixes of the parts, which are MedIAnomaly's names. */
export const parts = {
  encoder: 'netg.encoder1',
  decoder: 'netg.decoder',
  /** Encodes the reconstruction. */
  second: 'netg.encoder2',
  discriminator: 'netd',
} as const;
