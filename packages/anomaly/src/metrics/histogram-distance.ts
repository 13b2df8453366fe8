import { labelledScores } from './labelled-scores.ts';

/** Score densities of both classes over equal bins of the min-max normalised score. */
export interface ScoreHistogram {
  /** Scores at 0 and 1 of the normalised axis: the smallest and the largest of all images. */
  range: [min: number, max: number];
  /** Density per bin of the normal images: a share of images per unit of the normalised score, mean 1 over the bins. */
  normal: number[];
  /** The same of the abnormal images. */
  abnormal: number[];
  /** χ² = ½ Σ (a−b)²/(a+b) over the bins where either is above 0: 0 (equal) to the number of bins (disjoint). */
  distance: number;
}

/**
 * Histograms of normal and abnormal scores, as in the paper's Fig. 8: scores min-max normalised over both classes together,
 * densities over equal bins (the last one closed), and the χ² distance of the two.
 * @param scores higher means more abnormal
 * @param labels 1 for abnormal, 0 for normal
 * @param bins 100 in Fig. 8
 * @throws RangeError listing every fault of the input, see `labelledScores`
 * @example scoreHistogram([0, 1, 4, 4], [0, 0, 1, 1], 4).distance // 4: no bin holds both
 */
export function scoreHistogram(
  scores: ArrayLike<number>,
  labels: ArrayLike<number>,
  bins = 100,
): ScoreHistogram {
  const counted = labelledScores(scores, labels);
  const [max, min] = [scores[counted.order[0]!]!, scores[counted.order.at(-1)!]!];
  const normal = new Array<number>(bins).fill(0);
  const abnormal = new Array<number>(bins).fill(0);
  for (let image = 0; image < scores.length; image += 1) {
    // Equal scores everywhere leave nothing to normalise: all of them are the smallest.
    const place = max === min ? 0 : (scores[image]! - min) / (max - min);
    const bin = Math.min(bins - 1, Math.floor(place * bins));
    if (labels[image] === 1) abnormal[bin]! += bins / counted.abnormal;
    else normal[bin]! += bins / counted.normal;
  }
  return { range: [min, max], normal, abnormal, distance: histogramDistance(normal, abnormal) };
}

/**
 * χ² distance of two histograms: ½ Σ (a−b)²/(a+b); a bin that is empty in both adds nothing.
 * @throws RangeError where they have different numbers of bins
 * @example histogramDistance([1, 0], [0, 1]) // 1
 */
export function histogramDistance(a: readonly number[], b: readonly number[]): number {
  if (a.length !== b.length) {
    throw new RangeError(`expected histograms of equal length, got ${a.length} and ${b.length} bins`);
  }
  return (
    a.reduce((sum, value, bin) => {
      const both = value + b[bin]!;
      return both === 0 ? sum : sum + (value - b[bin]!) ** 2 / both;
    }, 0) / 2
  );
}
