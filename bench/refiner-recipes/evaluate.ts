/** What maps, and a refiner's weights, are worth on test images, by image score. For looking only, never for choosing an epoch. */
import { auc, imageScores, reduceMaps } from '@ddad/anomaly';
import { inferenceStep, type TensorData } from '@ddad/compute';
import { reductions, type ScoreColumn } from '@ddad/contract';
import type { AsrNet } from '@ddad/models';

const batchSize = 50;
const side = 64;
const area = side ** 2;

/** AUC in percent by what makes an image score of a map. */
export type Aucs = Record<ScoreColumn, number>;

/**
 * @param maps of the test images, [T,H,W,C]
 * @param pixels of the same, grey values, [T,H,W]
 * @param labels 1 abnormal, 0 normal, [T]
 */
export function evaluate(
  network: AsrNet,
  weights: ReadonlyMap<string, TensorData>,
  maps: Float32Array,
  pixels: Uint8Array,
  labels: readonly number[],
): Aucs {
  const width = maps.length / labels.length;
  const step = inferenceStep({
    weights,
    inputs: { maps: [batchSize, side, side, width / area] },
    compute: (tensors, given) => ({ refined: network.anomalyProbability(tensors, tensors, given.maps!) }),
    mode: 'graph',
  });
  const refined = new Float32Array(labels.length * area);
  try {
    for (let start = 0; start < labels.length; start += batchSize) {
      const count = Math.min(batchSize, labels.length - start);
      const batch = new Float32Array(batchSize * width);
      batch.set(maps.subarray(start * width, (start + count) * width));
      refined.set(step.run({ maps: batch }).refined!.subarray(0, count * area), start * area);
    }
  } finally {
    step.dispose();
  }
  return aucsOf(refined, pixels, labels);
}

/**
 * @param maps of the test images, [T,H,W]
 * @param pixels of the same, grey values, [T,H,W]
 * @param labels 1 abnormal, 0 normal, [T]
 */
export function aucsOf(maps: Float32Array, pixels: Uint8Array, labels: readonly number[]): Aucs {
  const means = imageScores(maps, labels.length);
  const reduced = reduceMaps(maps, pixels, labels.length);
  const percent = (of: ArrayLike<number>) => Number((100 * auc(of, labels)).toFixed(1));
  const others = reductions.map((reduction) => [
    reduction,
    percent(reduced.map((found) => found[reduction])),
  ]);
  return Object.fromEntries([['mean', percent(means)], ...others]) as Aucs;
}
