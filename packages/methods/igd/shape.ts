/** A residual block between maps of `wide` channels and of twice the side with `narrow`, as multiples of the width. */
export interface UpBlock {
  name: string;
  wide: number;
  narrow: number;
}

const allBlocks: readonly UpBlock[] = [
  { name: 'rb1', wide: 8, narrow: 8 },
  { name: 'rb2', wide: 8, narrow: 4 },
  { name: 'rb3', wide: 4, narrow: 2 },
  { name: 'rb4', wide: 2, narrow: 1 },
];

/**
 * How decoder and critic fit images: the smallest maps' side, whether a convolution leads from them to twice the side (`extra`), and the
 * blocks. The source's, of 256 px: 4, true, four blocks. Smaller images have fewer doublings: 224 and 128 px no extra convolution, 64 px
 * no first block either. Every form ends with a convolution to twice the side.
 * @throws RangeError on another size
 */
export function blocksOf(imageSize: number): { side: number; extra: boolean; blocks: readonly UpBlock[] } {
  switch (imageSize) {
    case 256:
      return { side: 4, extra: true, blocks: allBlocks };
    case 224:
      return { side: 7, extra: false, blocks: allBlocks };
    case 128:
      return { side: 4, extra: false, blocks: allBlocks };
    case 64:
      return { side: 4, extra: false, blocks: allBlocks.slice(1) };
    default:
      throw new RangeError(`image size: expected 64, 128, 224 or 256, got ${imageSize}`);
  }
}

/** Range of the normalised images' values, as the source has it: (0 − 0.485)/0.229 to (1 − 0.406)/0.225. */
export const valueRange = 2.1179 + 2.64;

/**
 * How similarity is measured over several scales: with five under a window of 11, which need more than 160 px, else with four under a window
 * of 3, the source's own form for patches of 32 px.
 */
export function scalesOf(imageSize: number): { scales: 'five' | 'four'; window: number } {
  return imageSize > 160 ? { scales: 'five', window: 11 } : { scales: 'four', window: 3 };
}

/**
 * Which pixel of a smaller map stands at each place along an axis of the image: pixel ⌊i·small/side⌋ at place i, as a matrix of zeros and ones,
 * [side, small].
 */
export function stretchMatrix(small: number, side: number): Float32Array {
  const matrix = new Float32Array(side * small);
  for (let at = 0; at < side; at += 1) matrix[at * small + Math.floor((at * small) / side)] = 1;
  return matrix;
}
