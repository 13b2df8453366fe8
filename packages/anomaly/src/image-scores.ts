/**
 * Image scores: the mean of each image's pixel scores.
 * @param maps pixel scores, [images, pixels] (rows and columns flattened)
 * @param images how many there are
 * @returns one score an image
 * @example imageScores(Float32Array.of(1, 3, 0, 0.5), 2) // [2, 0.25]
 */
export function imageScores(maps: Float32Array, images: number): number[] {
  const pixels = maps.length / images;
  if (!Number.isInteger(pixels) || (images > 0 && pixels === 0)) {
    throw new RangeError(`expected maps of ${images} equal images, got ${maps.length} pixels`);
  }
  return Array.from({ length: images }, (_, image) => {
    let sum = 0;
    for (let at = image * pixels; at < (image + 1) * pixels; at += 1) sum += maps[at]!;
    return sum / pixels;
  });
}

/**
 * The mean of a map's highest pixels.
 * @param map pixel scores
 * @param count how many pixels count, 1 to all
 * @example topMean(Float32Array.of(1, 4, 2, 3), 2) // 3.5
 */
export function topMean(map: Float32Array, count: number): number {
  if (!Number.isInteger(count) || count < 1 || count > map.length) {
    throw new RangeError(`count: expected 1 to ${map.length} pixels, got ${count}`);
  }
  // Of typed arrays a sort by number, and a native one.
  const rising = map.slice().sort();
  let sum = 0;
  for (let at = rising.length - count; at < rising.length; at += 1) sum += rising[at]!;
  return sum / count;
}

/**
 * How bright an image is: the root of the mean of its squared grey values, 0 to 1. What a network leaves of an image grows with the
 * image's contrast, whose unit in MRI means nothing: a score divided by this one does not change where the image is scaled.
 * @param pixels grey values 0 to 255
 * @example brightness(Uint8Array.of(0, 255, 0, 0)) // 0.5
 */
export function brightness(pixels: Uint8Array): number {
  if (pixels.length === 0) throw new RangeError('expected an image, got no pixels');
  let sum = 0;
  for (const value of pixels) sum += value * value;
  return Math.sqrt(sum / pixels.length) / 255;
}

/**
 * The mean of a map over what its image shows: pixels that are not nearly black, as the background of MRI and CT is. How much of an image
 * is background differs from image to image, and what a map has there is noise.
 * @param map pixel scores
 * @param pixels of the image, grey values 0 to 255, as many
 * @param least grey value of a pixel that counts; where none is so bright all count
 * @example foregroundMean(Float32Array.of(1, 4, 2), Uint8Array.of(0, 200, 99), 13) // 3
 */
export function foregroundMean(map: Float32Array, pixels: Uint8Array, least: number): number {
  if (map.length !== pixels.length || map.length === 0) {
    throw new RangeError(`expected a map and its image, got ${map.length} and ${pixels.length} pixels`);
  }
  let [sum, count, all] = [0, 0, 0];
  for (const [at, value] of map.entries()) {
    all += value;
    if (pixels[at]! < least) continue;
    sum += value;
    count += 1;
  }
  return count === 0 ? all / map.length : sum / count;
}

/**
 * The largest mean of a square window that lies within the map.
 * @param map pixel scores, [side, side] flattened
 * @param window side of the window, at most the map's
 */
export function peakMean(map: Float32Array, side: number, window: number): number {
  if (map.length !== side * side) {
    throw new RangeError(`expected a map of ${side}×${side} pixels, got ${map.length}`);
  }
  if (!Number.isInteger(window) || window < 1 || window > side) {
    throw new RangeError(`window: expected 1 to ${side} pixels, got ${window}`);
  }
  // Sums over the window's rows, by column; each row further takes one row in and lets one go.
  const columns = new Float64Array(side);
  let largest = Number.NEGATIVE_INFINITY;
  for (let row = 0; row < side; row += 1) {
    for (let column = 0; column < side; column += 1) {
      const leaving = row < window ? 0 : map[(row - window) * side + column]!;
      columns[column]! += map[row * side + column]! - leaving;
    }
    if (row < window - 1) continue;
    let sum = 0;
    for (let column = 0; column < side; column += 1) {
      sum += columns[column]! - (column < window ? 0 : columns[column - window]!);
      if (column >= window - 1 && sum > largest) largest = sum;
    }
  }
  return largest / window ** 2;
}
