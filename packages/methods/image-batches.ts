import { randomStream } from '@ddad/compute';
import { batchesOf } from '@ddad/jobs/training';

/**
 * Batches of images for steps without end: in an order of their own in every pass over them, which seed and pass decide; what is left
 * over at the end of a pass waits for the next.
 * @param images in [-1,1], [N·side·side]
 * @returns writes the batch of the step with a number, from 0 on, to `target`, [batchSize·side·side]
 */
export function imageBatches({
  images,
  side,
  seed,
  batchSize,
}: {
  images: Float32Array;
  side: number;
  seed: number;
  batchSize: number;
}): (step: number, target: Float32Array) => void {
  const area = side * side;
  const count = images.length / area;
  const batchAt = batchesOf({
    images: count,
    batchSize,
    order: (pass) => randomStream(seed, 'order', pass).shuffle(count),
  });
  return (step, target) => {
    const { order, start } = batchAt(step);
    for (let at = 0; at < batchSize; at += 1) {
      const image = order[start + at]!;
      target.set(images.subarray(image * area, (image + 1) * area), at * area);
    }
  };
}
