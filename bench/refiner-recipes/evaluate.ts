/** What a refiner's weights are worth on test images, by three image scores. For looking only, never for choosing an epoch. */
import { auc, imageScores, peakMean, topMean } from '@ddad/anomaly';
import { inferenceStep, type TensorData } from '@ddad/compute';
import { peakWindow, topPixels } from '@ddad/contract';
import type { AsrNet } from '@ddad/models';

const batchSize = 50;
const side = 64;
const area = side ** 2;

/** AUC in percent by what makes an image score of a map. */
export interface Aucs {
  mean: number;
  top2: number;
  local: number;
}

/**
 * @param maps of the test images, [T,H,W,C]
 * @param labels 1 abnormal, 0 normal, [T]
 */
export function evaluate(
  network: AsrNet,
  weights: ReadonlyMap<string, TensorData>,
  maps: Float32Array,
  labels: readonly number[],
): Aucs {
  const width = maps.length / labels.length;
  const step = inferenceStep({
    weights,
    inputs: { maps: [batchSize, side, side, width / area] },
    compute: (tensors, given) => ({ refined: network.anomalyProbability(tensors, tensors, given.maps!) }),
    mode: 'graph',
  });
  const scores = { mean: [] as number[], top2: [] as number[], local: [] as number[] };
  try {
    for (let start = 0; start < labels.length; start += batchSize) {
      const count = Math.min(batchSize, labels.length - start);
      const batch = new Float32Array(batchSize * width);
      batch.set(maps.subarray(start * width, (start + count) * width));
      const refined = step.run({ maps: batch }).refined!;
      for (let i = 0; i < count; i++) {
        const map = refined.subarray(i * area, (i + 1) * area);
        scores.mean.push(...imageScores(map, 1));
        scores.top2.push(topMean(map, topPixels(area)));
        scores.local.push(peakMean(map, side, peakWindow(side)));
      }
    }
  } finally {
    step.dispose();
  }
  const percent = (of: number[]) => Number((100 * auc(of, labels)).toFixed(1));
  return { mean: percent(scores.mean), top2: percent(scores.top2), local: percent(scores.local) };
}
