/** Share of normal images that a threshold may call abnormal where a run does not say. */
export const defaultFalsePositiveRate = 0.05;

/**
 * Which of the n held-out normals' scores, counted from the smallest (1), is the threshold of split conformal prediction:
 * ⌈(n + 1)(1 − α)⌉. Of exchangeable normal images at most a share α scores above it.
 * @param rate α in 0..1
 * @returns n + 1 where n images are too few for so small a rate
 */
export function conformalRank(images: number, rate: number): number {
  // Written so that 0.07 · 100 = 7.000000000000001 and 0.29 · 100 = 28.999999999999996 count as they are meant.
  return images + 1 - Math.floor((images + 1) * rate + 1e-9);
}

/** How many held-out normal images a threshold at this false-positive rate takes: n + 1 ≥ 1/α. */
export function leastHeldOut(rate: number): number {
  return Math.max(1, Math.ceil(1 / rate - 1e-9) - 1);
}
