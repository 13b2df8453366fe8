import type { Separation } from '@ddad/contract';
import { auc } from './auc.ts';
import { averagePrecision } from './average-precision.ts';
import { meanAndDeviation } from './mean-and-deviation.ts';

/**
 * How well a score separates abnormal (1) from normal (0) images.
 * @throws RangeError listing every fault of the input, see `labelledScores`
 */
export function separation(
  scores: ArrayLike<number>,
  labels: ArrayLike<number>,
): Pick<Separation, 'auc' | 'ap'> {
  return { auc: auc(scores, labels), ap: averagePrecision(scores, labels) };
}

/**
 * The same for the score of one network of several, beside mean and standard deviation (over their number) of the AUC of all.
 * @param scores of the network whose score it is
 * @param each scores of every network
 * @throws RangeError without networks, or listing every fault of the input
 */
export function separationAmong(
  scores: ArrayLike<number>,
  each: readonly ArrayLike<number>[],
  labels: ArrayLike<number>,
): Required<Pick<Separation, 'auc' | 'ap' | 'aucMean' | 'aucStd'>> {
  if (each.length === 0) throw new RangeError('expected the scores of at least one network, got none');
  const { mean, deviation } = meanAndDeviation(each.map((own) => auc(own, labels)));
  return { ...separation(scores, labels), aucMean: mean, aucStd: deviation };
}
