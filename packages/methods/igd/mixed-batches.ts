import { randomStream } from '@ddad/compute';
import { type ImageBatchesInput, shuffledBatches } from '../shuffled-batches.ts';

/** A batch as both phases read it: grey values in [-1,1], [batchSize·side·side], and shares of a mixture, [batchSize]. */
export interface MixedBatch extends Record<string, Float32Array> {
  images: Float32Array;
  alpha: Float32Array;
}

/** Share of an image in a mixture is at most this: the other one has the larger part. */
const mostShare = 0.5;

/**
 * What the networks are given in each step: images in an order of their own in every epoch, each mirrored with probability ½, and a share
 * for each, uniform in 0 to 0.5. All is a function of seed, epoch and image.
 * @returns writes the batch of the step with a number, from 0 on, to `target`
 */
export function mixedBatches({ images, side, seed, batchSize }: ImageBatchesInput) {
  const area = side * side;
  const batchAt = shuffledBatches(images.length / area, { seed, batchSize });
  return (step: number, target: MixedBatch): void => {
    const { epoch, batch } = batchAt(step);
    for (const [at, image] of batch.entries()) {
      const random = randomStream(seed, 'mixture', epoch, image);
      const own = target.images.subarray(at * area, (at + 1) * area);
      own.set(images.subarray(image * area, (image + 1) * area));
      if (random.uniform() < 0.5) {
        for (let row = 0; row < side; row += 1) own.subarray(row * side, (row + 1) * side).reverse();
      }
      target.alpha[at] = mostShare * random.uniform();
    }
  };
}
