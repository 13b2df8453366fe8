import { setImmediate as otherWork } from 'node:timers/promises';
import { meanAndDeviation, separation } from '@ddad/anomaly';
import {
  type KCurvePoint,
  type KCurveScore,
  kCurveScores,
  type Separation,
  type Spread,
} from '@ddad/contract';
import type { NamedTensor } from '@ddad/storage';

/**
 * How ensembles of every size do.
 * @param tensors of the artifact: `NAME.k`, [subsets,T]
 * @param labels of the test images, of both classes
 */
export async function kCurvePoints(
  tensors: ReadonlyMap<string, NamedTensor>,
  labels: readonly number[],
): Promise<KCurvePoint[]> {
  const points: KCurvePoint[] = [];
  for (let k = 1; tensors.has(`recEnsemble.${k}`); k += 1) {
    const scores: KCurvePoint['scores'] = {};
    for (const name of kCurveScores) {
      const tensor = tensors.get(`${name}.${k}`);
      if (tensor !== undefined) scores[name] = await spreads(tensor, labels);
    }
    points.push({ k, subsets: tensors.get(`recEnsemble.${k}`)!.shape[0]!, scores });
  }
  return points;
}

async function spreads(
  { shape, data }: NamedTensor,
  labels: readonly number[],
): Promise<NonNullable<KCurvePoint['scores'][KCurveScore]>> {
  const [subsets, images] = shape as [number, number];
  const found: Separation[] = [];
  for (let subset = 0; subset < subsets; subset += 1) {
    found.push(separation(data.subarray(subset * images, (subset + 1) * images), labels));
    // Thousands of sortings in a row would keep the server from answering.
    await otherWork();
  }
  const spread = (metric: keyof Separation): Spread => {
    const { mean, deviation } = meanAndDeviation(found.map((one) => one[metric]));
    return { mean, std: deviation };
  };
  return { auc: spread('auc'), ap: spread('ap') };
}
