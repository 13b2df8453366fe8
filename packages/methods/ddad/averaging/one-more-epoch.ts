import type { TrainingLoop } from '@ddad/jobs/training';

/** A training that has come to its end. */
export type FinishedTraining = Pick<TrainingLoop, 'epochs' | 'images' | 'batchSize' | 'order' | 'inputs'>;

/** The batches that one more epoch would have, one after the other in the same memory: what statistics of averaged weights are made of. */
export function* oneMoreEpoch({
  epochs,
  images,
  batchSize,
  order,
  inputs,
}: FinishedTraining): Iterable<Record<string, Float32Array>> {
  const all = order(epochs);
  for (let start = 0; start + batchSize <= images; start += batchSize) yield inputs(epochs, all, start, 0);
}
