import type { RecSeparation, Separation } from '@ddad/contract';
import { auc } from './auc.ts';
import { averagePrecision } from './average-precision.ts';
import { meanAndDeviation } from './mean-and-deviation.ts';

/**
 * How well a score separates abnormal (1) from normal (0) images.
 * @throws RangeError listing every fault of the input, see `labelledScores`
 */
export function separation(scores: ArrayLike<number>, labels: ArrayLike<number>): Separation {
  return { auc: auc(scores, labels), ap: averagePrecision(scores, labels) };
}

/**
 * The same for score `rec`: the first NDM member's, beside mean and standard deviation (over K) of the members' AUC.
 * @param members `rec` scores of each NDM member, by index
 * @throws RangeError without members, or listing every fault of the input
 */
export function recSeparation(
  members: readonly ArrayLike<number>[],
  labels: ArrayLike<number>,
): RecSeparation {
  const [first] = members;
  if (first === undefined) throw new RangeError('expected the scores of at least one member, got none');
  const { mean, deviation } = meanAndDeviation(members.map((scores) => auc(scores, labels)));
  return { ...separation(first, labels), aucMean: mean, aucStd: deviation };
}
