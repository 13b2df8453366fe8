import { randomStream } from '@ddad/compute';
import { type ImageBatchesInput, shuffledBatches } from '../shuffled-batches.ts';
import { simulatedAnomaly } from './simulated-anomaly.ts';

/** A batch as the step reads it: grey values in 0..1, masks of 0 and 1; [batchSize·side·side] each. */
export interface Examples extends Record<string, Float32Array> {
  images: Float32Array;
  augmented: Float32Array;
  masks: Float32Array;
}

/**
 * What the networks are given in each step: images with and without simulated anomalies. Images come in an order of their own in every
 * epoch. All is a function of seed, epoch and image.
 * @returns writes the batch of the step with a number, from 0 on, to `target`
 */
export function anomalyExamples({ images, side, seed, batchSize }: ImageBatchesInput) {
  const area = side * side;
  const batchAt = shuffledBatches(images.length / area, { seed, batchSize });
  return (step: number, target: Examples): void => {
    const { epoch, batch } = batchAt(step);
    for (const [at, which] of batch.entries()) {
      const pixels = images.subarray(which * area, (which + 1) * area).map((value) => (value + 1) / 2);
      const { image, augmented, mask } = simulatedAnomaly(
        pixels,
        side,
        randomStream(seed, 'anomaly', epoch, which),
      );
      target.images.set(image, at * area);
      target.augmented.set(augmented, at * area);
      target.masks.set(mask, at * area);
    }
  };
}
