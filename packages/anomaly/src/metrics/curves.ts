import { labelledScores } from './labelled-scores.ts';

/** A point of a curve: what calling every image at or above the threshold abnormal gives. */
export interface RocPoint {
  /** Share of the normal images called abnormal. */
  falsePositiveRate: number;
  /** Share of the abnormal images called abnormal. */
  truePositiveRate: number;
}

export interface PrecisionRecallPoint {
  /** Share of the abnormal images called abnormal. */
  recall: number;
  /** Share of abnormal images among those called abnormal. */
  precision: number;
}

/** Images of each class at or above each distinct score, from the highest score. */
function* counts(scores: ArrayLike<number>, labels: ArrayLike<number>) {
  const { normal, abnormal, order } = labelledScores(scores, labels);
  const found = { normal: 0, abnormal: 0 };
  for (let at = 0; at < order.length; at += 1) {
    if (labels[order[at]!] === 1) found.abnormal += 1;
    else found.normal += 1;
    const last = at + 1 === order.length || scores[order[at + 1]!] !== scores[order[at]!];
    if (last) yield { normal, abnormal, found };
  }
}

/**
 * The ROC curve from (0, 0) to (1, 1), by falling threshold; points within a straight stretch are left out. Its area by
 * trapezia is `auc`.
 * @throws RangeError listing every fault of the input, see `labelledScores`
 */
export function rocCurve(scores: ArrayLike<number>, labels: ArrayLike<number>): RocPoint[] {
  const corners = [{ normal: 0, abnormal: 0 }];
  let all = { normal: 1, abnormal: 1 };
  for (const { normal, abnormal, found } of counts(scores, labels)) {
    all = { normal, abnormal };
    const next = { ...found };
    const [before, last] = corners.slice(-2);
    const straight =
      before !== undefined &&
      last !== undefined &&
      (last.normal - before.normal) * (next.abnormal - last.abnormal) ===
        (last.abnormal - before.abnormal) * (next.normal - last.normal);
    if (straight) corners.pop();
    corners.push(next);
  }
  return corners.map(({ normal, abnormal }) => ({
    falsePositiveRate: normal / all.normal,
    truePositiveRate: abnormal / all.abnormal,
  }));
}

/**
 * The precision-recall curve by falling threshold, one point where recall grows. Each point's precision counts back to the
 * recall before it: steps, whose area is `averagePrecision`.
 * @throws RangeError listing every fault of the input, see `labelledScores`
 */
export function precisionRecallCurve(
  scores: ArrayLike<number>,
  labels: ArrayLike<number>,
): PrecisionRecallPoint[] {
  const points: PrecisionRecallPoint[] = [];
  let before = 0;
  for (const { abnormal, found } of counts(scores, labels)) {
    if (found.abnormal === before) continue;
    before = found.abnormal;
    points.push({
      recall: found.abnormal / abnormal,
      precision: found.abnormal / (found.abnormal + found.normal),
    });
  }
  return points;
}
