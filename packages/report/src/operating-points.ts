/** What calling every image at or above a threshold abnormal gives. */
export interface OperatingPoint {
  threshold: number;
  truePositives: number;
  falsePositives: number;
  falseNegatives: number;
  trueNegatives: number;
}

/** One point per distinct score as threshold, from the lowest. */
export function operatingPoints(scores: readonly number[], labels: readonly (0 | 1)[]): OperatingPoint[] {
  const order = scores.map((_score, image) => image).sort((a, b) => scores[b]! - scores[a]!);
  const abnormal = labels.filter((label) => label === 1).length;
  const normal = labels.length - abnormal;
  const points: OperatingPoint[] = [];
  const called = { abnormal: 0, normal: 0 };
  order.forEach((image, place) => {
    if (labels[image] === 1) called.abnormal += 1;
    else called.normal += 1;
    const next = order[place + 1];
    if (next !== undefined && scores[next] === scores[image]) return;
    points.push({
      threshold: scores[image]!,
      truePositives: called.abnormal,
      falsePositives: called.normal,
      falseNegatives: abnormal - called.abnormal,
      trueNegatives: normal - called.normal,
    });
  });
  return points.reverse();
}

/** Place of the point where sensitivity and specificity together are greatest (Youden's index); of several, the lowest. */
export function mostTelling(points: readonly OperatingPoint[]): number {
  const index = ({
    truePositives: tp,
    falseNegatives: fn,
    trueNegatives: tn,
    falsePositives: fp,
  }: OperatingPoint) => tp / (tp + fn) + tn / (tn + fp);
  return points.reduce((best, point, at) => (index(point) > index(points[best]!) ? at : best), 0);
}

/** The same points, and behind them that of a threshold which no image reaches: nothing is called abnormal. */
export function withNothingCalled(points: readonly OperatingPoint[]): OperatingPoint[] {
  const { truePositives = 0, falseNegatives = 0, falsePositives = 0, trueNegatives = 0 } = points[0] ?? {};
  const nothing = {
    threshold: Number.POSITIVE_INFINITY,
    truePositives: 0,
    falsePositives: 0,
    falseNegatives: truePositives + falseNegatives,
    trueNegatives: falsePositives + trueNegatives,
  };
  return [...points, nothing];
}

/**
 * Place of the first point whose images all score above a threshold.
 * @param points as `withNothingCalled` gives them: the last is above every threshold
 */
export function firstAbove(points: readonly OperatingPoint[], threshold: number): number {
  return points.findIndex((point) => point.threshold > threshold);
}
