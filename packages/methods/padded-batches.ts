/**
 * All images in their order, in batches of one size, one after the other in the same memory; zeros fill the last one up.
 * @param images [N·area]
 * @returns of each batch its images, the first one's number, and how many images are done with it
 */
export function* paddedBatches(
  images: Float32Array,
  area: number,
  batchSize: number,
): Generator<{ batch: Float32Array; start: number; done: number }> {
  const count = images.length / area;
  const batch = new Float32Array(batchSize * area);
  for (let start = 0; start < count; start += batchSize) {
    const done = Math.min(start + batchSize, count);
    batch.fill(0);
    batch.set(images.subarray(start * area, done * area));
    yield { batch, start, done };
  }
}
