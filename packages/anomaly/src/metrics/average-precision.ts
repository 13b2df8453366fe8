import { labelledScores } from './labelled-scores.ts';

/**
 * Average precision: Σ (Rₙ − Rₙ₋₁)·Pₙ over the distinct scores as thresholds, from the highest, with precision Pₙ and recall
 * Rₙ among the images at or above the threshold. Step-wise, without interpolation.
 * @param scores higher means more abnormal
 * @param labels 1 for abnormal, 0 for normal
 * @returns 0..1
 * @throws RangeError listing every fault of the input, see `labelledScores`
 * @example averagePrecision([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1]) // 1/2·1 + 1/2·2/3 = 0.8333…
 */
export function averagePrecision(scores: ArrayLike<number>, labels: ArrayLike<number>): number {
  const { abnormal, order } = labelledScores(scores, labels);
  let area = 0;
  let found = 0;
  for (let from = 0; from < order.length; ) {
    const before = found;
    let to = from;
    while (to < order.length && scores[order[to]!] === scores[order[from]!]) {
      if (labels[order[to]!] === 1) found += 1;
      to += 1;
    }
    area += ((found - before) / abnormal) * (found / to);
    from = to;
  }
  // A hundred hundredths add up to more than one.
  return Math.min(1, area);
}
