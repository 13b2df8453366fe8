import { type ImageBatchesInput, shuffledBatches } from './shuffled-batches.ts';

/**
 * Batches of images for steps without end: in an order of their own in every pass over them, which seed and pass decide; what is left
 * over at the end of a pass waits for the next.
 * @returns writes the batch of the step with a number, from 0 on, to `target`, [batchSize·side·side]
 */
export function imageBatches({
  images,
  side,
  seed,
  batchSize,
}: ImageBatchesInput): (step: number, target: Float32Array) => void {
  const area = side * side;
  const batchAt = shuffledBatches(images.length / area, { seed, batchSize });
  return (step, target) => {
    for (const [at, image] of batchAt(step).batch.entries())
      target.set(images.subarray(image * area, (image + 1) * area), at * area);
  };
}
