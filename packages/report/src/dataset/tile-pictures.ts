/** Grey pictures side by side. */
export interface TiledPictures {
  /** [height, width], unsigned bytes. */
  pixels: Uint8Array;
  width: number;
  height: number;
}

/** Pixels between two pictures. */
const gap = 2;
/** Grey of what lies between; neither black, as most pictures' rims, nor white. */
const between = 128;

/**
 * Lays square pictures out in rows.
 * @param positions of at least one picture in `pixels`
 * @param pixels [N, side, side]
 * @param columns pictures in a row
 */
export function tilePictures(
  positions: readonly number[],
  pixels: Uint8Array,
  side: number,
  columns: number,
): TiledPictures {
  const across = Math.min(columns, positions.length);
  const width = across * (side + gap) - gap;
  const height = Math.ceil(positions.length / across) * (side + gap) - gap;
  const tiled = new Uint8Array(width * height).fill(between);
  positions.forEach((position, i) => {
    const [left, top] = [(i % across) * (side + gap), Math.floor(i / across) * (side + gap)];
    for (let y = 0; y < side; y++) {
      const from = (position * side + y) * side;
      tiled.set(pixels.subarray(from, from + side), (top + y) * width + left);
    }
  });
  return { pixels: tiled, width, height };
}
