import type { RandomStream } from '@ddad/compute';

/** Perlin's curve from 0 to 1, flat at both ends. */
const fade = (t: number) => t * t * t * (t * (6 * t - 15) + 10);

/**
 * Perlin noise (Perlin 2002): at the corners of a grid of cells 0 with a slope of length 1 in a direction drawn for each corner, smooth
 * between them.
 * @param side of the square picture in pixels, a multiple of both counts
 * @param cells rows and columns of cells
 * @returns [side · side], within −1 to 1
 * @throws RangeError where a cell is no whole number of pixels
 */
export function perlinNoise(
  side: number,
  cells: { rows: number; columns: number },
  random: RandomStream,
): Float32Array {
  const { rows, columns } = cells;
  if (side % rows !== 0 || side % columns !== 0)
    throw new RangeError(`cells: expected counts that divide ${side} pixels, got ${rows}×${columns}`);
  const [cellHeight, cellWidth] = [side / rows, side / columns];
  const corners = (rows + 1) * (columns + 1);
  const [down, right] = [new Float64Array(corners), new Float64Array(corners)];
  for (let corner = 0; corner < corners; corner += 1) {
    const angle = 2 * Math.PI * random.uniform();
    down[corner] = Math.cos(angle);
    right[corner] = Math.sin(angle);
  }
  const noise = new Float32Array(side * side);
  for (let row = 0; row < side; row += 1) {
    const cellRow = Math.floor(row / cellHeight);
    const y = row / cellHeight - cellRow;
    const fadedY = fade(y);
    for (let column = 0; column < side; column += 1) {
      const cellColumn = Math.floor(column / cellWidth);
      const x = column / cellWidth - cellColumn;
      const fadedX = fade(x);
      const first = cellRow * (columns + 1) + cellColumn;
      const ramp = (corner: number, dy: number, dx: number) => down[corner]! * dy + right[corner]! * dx;
      const left = ramp(first, y, x) * (1 - fadedY) + ramp(first + columns + 1, y - 1, x) * fadedY;
      const other =
        ramp(first + 1, y, x - 1) * (1 - fadedY) + ramp(first + columns + 2, y - 1, x - 1) * fadedY;
      noise[row * side + column] = Math.SQRT2 * (left * (1 - fadedX) + other * fadedX);
    }
  }
  return noise;
}
