import {
  drawTurn,
  type GreyImage,
  type PatchRecipe,
  pastePatches,
  turnAndShift,
} from '@ddad/anomaly/foreign-patches';
import { randomStream } from '@ddad/compute/random';
import { shuffledBatches } from '../shuffled-batches.ts';
import { patchSources } from './patch-sources.ts';

export interface AnomalyBatchesInput {
  /** Grey values 0 to 255, [N·side·side]: the normal images, then others that are sources of patches alone. */
  images: Uint8Array;
  side: number;
  /** How many are normal. */
  normals: number;
  patches: PatchRecipe;
  seed: number;
  /** Images a step, at most as many as are normal. */
  batchSize: number;
}

/** A batch as the step reads it. */
export interface AnomalyBatch extends Record<string, Float32Array> {
  /** In 0..1, [batchSize·side·side]. */
  images: Float32Array;
  /** What the network is to find, in 0..1, as many. */
  labels: Float32Array;
}

/**
 * What the network is given in each step: normal images, turned and shifted a little, into each of which patches are blended. Images come
 * in an order of their own in every epoch; all is a function of seed, epoch and image.
 * @returns writes the batch of the step with a number, from 0 on, to `target`
 */
export function anomalyBatches({ images, side, normals, patches, seed, batchSize }: AnomalyBatchesInput) {
  const area = side * side;
  const batchAt = shuffledBatches(normals, { seed, batchSize });
  // A walk of its own: a round of sources looks ahead, into batches that are still to come.
  const ahead = shuffledBatches(normals, { seed, batchSize });
  const sourceOf = patchSources({
    pool: images.length / area,
    seed,
    destination(draw) {
      return ahead(Math.floor(draw / batchSize)).batch[draw % batchSize]!;
    },
  });
  const picture = (image: number): GreyImage => ({
    side,
    pixels: images.subarray(image * area, (image + 1) * area),
  });
  return (step: number, target: AnomalyBatch): void => {
    const { epoch, batch } = batchAt(step);
    for (const [at, image] of batch.entries()) {
      const random = randomStream(seed, 'anomaly', epoch, image);
      const turned = (of: number) => turnAndShift(picture(of), drawTurn(random, side));
      const own = turned(image);
      const other = patches.source === 'same' ? own : turned(sourceOf(step * batchSize + at));
      const made = pastePatches(own, other, patches, random);
      for (let pixel = 0; pixel < area; pixel += 1)
        target.images[at * area + pixel] = made.image.pixels[pixel]! / 255;
      target.labels.set(made.label, at * area);
    }
  };
}
