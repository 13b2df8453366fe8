import { labelledScores } from './labelled-scores.ts';

/**
 * Area under the ROC curve: the probability that an abnormal image scores higher than a normal one, a tie counting one half.
 * By the rank statistic: (R − n₁(n₁+1)/2) / (n₀·n₁), R the sum of the abnormal images' ranks from the lowest score, ties
 * sharing their mean rank.
 * @param scores higher means more abnormal
 * @param labels 1 for abnormal, 0 for normal
 * @returns 0..1
 * @throws RangeError listing every fault of the input, see `labelledScores`
 * @example auc([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1]) // 0.75
 */
export function auc(scores: ArrayLike<number>, labels: ArrayLike<number>): number {
  const { normal, abnormal, order } = labelledScores(scores, labels);
  let rankSum = 0;
  for (let from = 0; from < order.length; ) {
    let to = from + 1;
    while (to < order.length && scores[order[to]!] === scores[order[from]!]) to += 1;
    // Places from..to-1 of the falling order are ranks n-from down to n-to+1 of the rising one.
    const rank = order.length - (from + to - 1) / 2;
    for (let at = from; at < to; at += 1) if (labels[order[at]!] === 1) rankSum += rank;
    from = to;
  }
  return (rankSum - (abnormal * (abnormal + 1)) / 2) / (normal * abnormal);
}
