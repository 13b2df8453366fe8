// The networks' sizes, for training and for export; knows no TensorFlow.

/** Values of a code z. */
export const codeSize = 128;

/** A residual block; channels in multiples of the width. */
export interface BlockSize {
  name: string;
  inputs: number;
  outputs: number;
}

const block = (name: string, inputs: number, outputs: number): BlockSize => ({ name, inputs, outputs });

/** Four blocks that double the maps' sides, 4 to 64, in the generator; four that halve them, in critic and encoder. */
export const blocks = {
  up: [
    block('generator.block1', 8, 8),
    block('generator.block2', 8, 4),
    block('generator.block3', 4, 2),
    block('generator.block4', 2, 1),
  ],
  down: [block('block1', 1, 2), block('block2', 2, 4), block('block3', 4, 8), block('block4', 8, 8)],
} as const;

/** The maps between codes and blocks: 4×4, 512 channels of width 64. */
export const codeMaps = (width: number) => ({ channels: 8 * width, side: 4, size: 8 * width * 16 });
