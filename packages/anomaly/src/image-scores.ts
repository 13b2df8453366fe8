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
