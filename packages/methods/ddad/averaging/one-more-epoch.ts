import type { TrainingLoop } from '@ddad/jobs/training';

/** What the epochs of a training are made of, those that it has and one more. */
export type TrainingEpochs = Pick<TrainingLoop, 'epochs' | 'images' | 'batchSize' | 'order' | 'inputs'>;

/** The batches that one more epoch would have, one after the other in the same memory: what statistics of averaged weights are made of. */
export function* oneMoreEpoch({
  epochs,
  images,
  batchSize,
  order,
  inputs,
}: TrainingEpochs): Iterable<Record<string, Float32Array>> {
  const all = order(epochs);
  for (let start = 0; start + batchSize <= images; start += batchSize) yield inputs(epochs, all, start, 0);
}
