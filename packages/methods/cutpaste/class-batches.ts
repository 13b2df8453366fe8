import { randomStream } from '@ddad/compute';
import { type ImageBatchesInput, shuffledBatches } from '../shuffled-batches.ts';
import { classes, threeClasses } from './cut-and-paste.ts';

/**
 * What the network is given in each step: the images of a batch in all classes, those of one class behind one another in the order of
 * `classes`. Images come in an order of their own in every pass over them. All is a function of seed, pass and image.
 * @returns writes the batch of the step with a number, from 0 on, to `target`, [3·batchSize·side·side], in [-1,1]
 */
export function classBatches({ images, side, seed, batchSize }: ImageBatchesInput) {
  const area = side * side;
  const batchAt = shuffledBatches(images.length / area, { seed, batchSize });
  return (step: number, target: Float32Array): void => {
    const { epoch: pass, batch } = batchAt(step);
    for (const [at, image] of batch.entries()) {
      const pixels = images.subarray(image * area, (image + 1) * area).map((value) => (value + 1) / 2);
      const random = randomStream(seed, 'classes', pass, image);
      const made = threeClasses({ width: side, height: side, pixels }, random);
      for (const [place, name] of classes.entries()) {
        const first = (place * batchSize + at) * area;
        made[name].pixels.forEach((grey, pixel) => {
          target[first + pixel] = 2 * grey - 1;
        });
      }
    }
  };
}
