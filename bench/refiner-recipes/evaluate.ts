/** What maps, and a refiner's weights, are worth on test images, by image score. For looking only, never for choosing an epoch. */
import { auc, imageScores, reduceMap } from '@ddad/anomaly';
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
  const columns: readonly ScoreColumn[] = ['mean', ...reductions];
  const scores = new Map(columns.map((column) => [column, [] as number[]]));
  for (const image of labels.keys()) {
    const [map, own] = [maps, pixels].map((all) => all.subarray(image * area, (image + 1) * area));
    const found = {
      mean: imageScores(map as Float32Array, 1)[0]!,
      ...reduceMap(map as Float32Array, own as Uint8Array),
    };
    for (const column of columns) scores.get(column)!.push(found[column]);
  }
  const percent = (of: number[]) => Number((100 * auc(of, labels)).toFixed(1));
  return Object.fromEntries(columns.map((column) => [column, percent(scores.get(column)!)])) as Aucs;
}
