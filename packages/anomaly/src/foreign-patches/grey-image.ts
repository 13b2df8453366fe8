/** A square grey image: [side·side] values of 0 to 255, rows from the top. */
export interface GreyImage {
  side: number;
  pixels: Uint8Array;
}

/** A rectangle of an image's pixels. */
export interface Box {
  top: number;
  left: number;
  height: number;
  width: number;
}

/** A rectangle cut out of an image: [height·width], rows from the top. */
export interface Piece {
  height: number;
  width: number;
  pixels: Uint8Array;
}

/** Cuts a box out of pixels whose rows have `stride` of them. */
export function cut(pixels: Uint8Array, stride: number, { top, left, height, width }: Box): Piece {
  const piece = new Uint8Array(height * width);
  for (let row = 0; row < height; row += 1) {
    const start = (top + row) * stride + left;
    piece.set(pixels.subarray(start, start + width), row * width);
  }
  return { height, width, pixels: piece };
}
