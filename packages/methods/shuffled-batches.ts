import { randomStream } from '@ddad/compute/random';
import { batchesOf } from '@ddad/jobs/batches';

/** What batches of images are made of. */
export interface ImageBatchesInput {
  /** Normal images in [-1,1], [N·side·side]. */
  images: Float32Array;
  side: number;
  seed: number;
  /** Images a step, at most N. */
  batchSize: number;
}

/**
 * Which images are in a batch: in an order of their own in every epoch, which seed and epoch decide; what makes no whole batch is left out.
 * Loads no TensorFlow.
 * @param images how many there are
 * @returns of the step with a number, from 0 on, the epoch and the batch's images in order
 */
export function shuffledBatches(
  images: number,
  { seed, batchSize }: Pick<ImageBatchesInput, 'seed' | 'batchSize'>,
): (step: number) => { epoch: number; batch: Uint32Array } {
  const batchAt = batchesOf({
    images,
    batchSize,
    order: (epoch) => randomStream(seed, 'order', epoch).shuffle(images),
  });
  return (step) => {
    const { epoch, order, start } = batchAt(step);
    return { epoch, batch: order.subarray(start, start + batchSize) };
  };
}
