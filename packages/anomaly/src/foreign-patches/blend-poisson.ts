import type { GreyImage, Piece } from './grey-image.ts';
import { solvePoisson } from './poisson-equation.ts';

/** Above what rounding of the solution amounts to, so that an unchanged grey value is not cut down to the one below. */
const rounding = 1e-6;

export interface PoissonBlend {
  /** Row and column of the piece's upper left corner in the image. */
  top: number;
  left: number;
  /** Share of the piece's gradients, 0 to 1; the rest is the image's own. */
  weight: number;
  /** Pixels along the piece's sides whose gradients stay the image's own. */
  margin: number;
}

/**
 * Blends a piece into an image by its gradients (Pérez, Gangnet, Blake, *Poisson image editing*, 2003): the box becomes the image whose
 * gradients are, of each pixel, the stronger one of piece and image, and whose outermost pixels are the image's own; in place. Which
 * gradient is the stronger one, how much of the box keeps the image's, and that values are cut down to whole ones, is as in OpenCV's
 * `seamlessClone` with MIXED_CLONE, which takes the gradient whose parts in x and y differ more, and has a margin of 3.
 */
export function blendPoisson(
  image: GreyImage,
  piece: Piece,
  { top, left, weight, margin }: PoissonBlend,
): void {
  const { side } = image;
  const { height, width } = piece;
  if (top < 0 || left < 0 || top + height > side || left + width > side)
    throw new RangeError(
      `expected a piece within ${side}×${side} pixels, got ${height}×${width} at row ${top}, column ${left}`,
    );
  const [rows, columns] = [height - 2, width - 2];
  if (rows < 1 || columns < 1) return;
  const at = (row: number, column: number) => (top + row) * side + left + column;
  const grey = (row: number, column: number) => image.pixels[at(row, column)]!;
  const [across, down] = mixedGradients(image, piece, { top, left, weight, margin });
  const field = new Float64Array(rows * columns);
  for (let row = 1; row <= rows; row += 1) {
    for (let column = 1; column <= columns; column += 1) {
      const own = row * width + column;
      let value = across[own]! - across[own - 1]! + down[own]! - down[own - width]!;
      // What is known around the box goes to the other side of the equation.
      if (row === 1) value -= grey(0, column);
      if (row === rows) value -= grey(height - 1, column);
      if (column === 1) value -= grey(row, 0);
      if (column === columns) value -= grey(row, width - 1);
      field[(row - 1) * columns + column - 1] = value;
    }
  }
  const solved = solvePoisson(field, rows, columns);
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      const value = Math.floor(solved[row * columns + column]! + rounding);
      image.pixels[at(row + 1, column + 1)] = Math.min(255, Math.max(0, value));
    }
  }
}

/** Differences to the next pixel in x and in y, [height·width] each; those of the last row and column are never read. */
function mixedGradients(
  { side, pixels }: GreyImage,
  { height, width, pixels: foreign }: Piece,
  { top, left, weight, margin }: PoissonBlend,
): [across: Float64Array, down: Float64Array] {
  const across = new Float64Array(height * width);
  const down = new Float64Array(height * width);
  for (let row = 0; row < height - 1; row += 1) {
    for (let column = 0; column < width - 1; column += 1) {
      const at = (top + row) * side + left + column;
      let x = pixels[at + 1]! - pixels[at]!;
      let y = pixels[at + side]! - pixels[at]!;
      const inside = row >= margin && column >= margin && row < height - margin && column < width - margin;
      const own = row * width + column;
      if (inside) {
        const foreignX = foreign[own + 1]! - foreign[own]!;
        const foreignY = foreign[own + width]! - foreign[own]!;
        if (Math.abs(foreignX - foreignY) > Math.abs(x - y)) {
          x = weight * foreignX + (1 - weight) * x;
          y = weight * foreignY + (1 - weight) * y;
        }
      }
      across[own] = x;
      down[own] = y;
    }
  }
  return [across, down];
}
