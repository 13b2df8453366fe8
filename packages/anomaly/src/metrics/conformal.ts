import { conformalRank } from '@ddad/contract';

/**
 * The score above which an image is called abnormal, so that of new normal images at most a share α is, if they and the
 * held-out ones are exchangeable (split conformal prediction): the ⌈(n + 1)(1 − α)⌉-th smallest of n held-out scores.
 * @param heldOut scores of normal images that nothing was trained on
 * @param rate α in 0..1
 * @returns null where n + 1 < 1/α: too few images for so small a rate
 * @example conformalThreshold([4, 1, 3, 2], 0.4) // 3: of five ranks, the upper two are called abnormal
 */
export function conformalThreshold(heldOut: ArrayLike<number>, rate: number): number | null {
  const rank = conformalRank(heldOut.length, rate);
  return Float64Array.from(heldOut).sort()[rank - 1] ?? null;
}

/**
 * Of each image, the probability that a normal image scores as high or higher: (1 + number of held-out scores ≥ its own) /
 * (n + 1). It is at most α exactly where the score is above `conformalThreshold(heldOut, α)`.
 * @returns in 1/(n + 1)..1
 */
export function conformalPValues(heldOut: ArrayLike<number>, scores: ArrayLike<number>): number[] {
  const sorted = Float64Array.from(heldOut).sort();
  return Array.from(scores, (score) => {
    let [low, high] = [0, sorted.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sorted[middle]! < score) low = middle + 1;
      else high = middle;
    }
    return (1 + sorted.length - low) / (sorted.length + 1);
  });
}
