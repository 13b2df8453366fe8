import type { Box } from './grey-image.ts';

/**
 * Median of a mask's square windows: 1 where most of the window is. Beyond the border are the outermost pixels, as in OpenCV's `medianBlur`.
 * @param mask of 0 and 1, [side·side]
 * @param half the window has 2·half+1 pixels a side
 */
export function majority(mask: Uint8Array, side: number, half: number): Uint8Array {
  if (half === 0) return mask.slice();
  const window = 2 * half + 1;
  const sums = new Uint16Array(side * side);
  const result = new Uint8Array(side * side);
  const within = (place: number) => Math.min(side - 1, Math.max(0, place));
  for (let row = 0; row < side; row += 1) {
    const start = row * side;
    let sum = 0;
    for (let offset = -half; offset <= half; offset += 1) sum += mask[start + within(offset)]!;
    for (let column = 0; column < side; column += 1) {
      sums[start + column] = sum;
      sum += mask[start + within(column + half + 1)]! - mask[start + within(column - half)]!;
    }
  }
  for (let column = 0; column < side; column += 1) {
    let sum = 0;
    for (let offset = -half; offset <= half; offset += 1) sum += sums[within(offset) * side + column]!;
    for (let row = 0; row < side; row += 1) {
      result[row * side + column] = 2 * sum > window * window ? 1 : 0;
      sum += sums[within(row + half + 1) * side + column]! - sums[within(row - half) * side + column]!;
    }
  }
  return result;
}

/**
 * Median over discs, x² + y² ≤ radius², of some pixels. Beyond the border are the outermost pixels, as in scikit-image's `median`.
 * @param values [side·side]
 * @param wanted of 0 and 1, [side·side]: pixels whose median is made
 * @param within a box that holds all wanted ones
 * @returns the medians, 0 elsewhere
 */
export function discMedian(
  values: Uint8Array,
  side: number,
  radius: number,
  wanted: Uint8Array,
  { top, left, height, width }: Box,
): Uint8Array {
  const disc: [row: number, column: number][] = [];
  for (let row = -radius; row <= radius; row += 1) {
    for (let column = -radius; column <= radius; column += 1)
      if (row * row + column * column <= radius * radius) disc.push([row, column]);
  }
  const result = new Uint8Array(side * side);
  // How often each value is in the window; a disc has an odd number of pixels.
  const counts = new Uint16Array(256);
  const half = (disc.length - 1) / 2;
  const inside = (place: number) => Math.min(side - 1, Math.max(0, place));
  const window = new Uint8Array(disc.length);
  for (let row = top; row < top + height; row += 1) {
    for (let column = left; column < left + width; column += 1) {
      if (wanted[row * side + column] === 0) continue;
      for (let place = 0; place < disc.length; place += 1) {
        const [down, right] = disc[place]!;
        const value = values[inside(row + down) * side + inside(column + right)]!;
        window[place] = value;
        counts[value]! += 1;
      }
      let median = 0;
      for (let below = counts[0]!; below <= half; below += counts[median]!) median += 1;
      result[row * side + column] = median;
      for (let place = 0; place < disc.length; place += 1) counts[window[place]!] = 0;
    }
  }
  return result;
}
