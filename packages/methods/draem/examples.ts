import { randomStream } from '@ddad/compute';
import { batchesOf } from '@ddad/jobs/training';
import { simulatedAnomaly } from './simulated-anomaly.ts';

export interface ExamplesInput {
  /** Normal images in [-1,1], [N·side·side]. */
  images: Float32Array;
  side: number;
  seed: number;
  /** Images a step, at most N. */
  batchSize: number;
}

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
export function anomalyExamples({ images, side, seed, batchSize }: ExamplesInput) {
  const area = side * side;
  const count = images.length / area;
  const batchAt = batchesOf({
    images: count,
    batchSize,
    order: (epoch) => randomStream(seed, 'order', epoch).shuffle(count),
  });
  return (step: number, target: Examples): void => {
    const { epoch, order, start } = batchAt(step);
    for (let at = 0; at < batchSize; at += 1) {
      const which = order[start + at]!;
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
