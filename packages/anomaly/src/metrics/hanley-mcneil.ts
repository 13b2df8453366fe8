/** Standard normal quantile of 0.975. */
const z95 = 1.959963984540054;

/**
 * A 95 % interval of an area under the ROC curve from nothing but itself and the numbers of images (Hanley and McNeil 1982, eq. 1,
 * with Q1 and Q2 of exponential scores): an approximation for where the scores are not at hand. It takes images for independent.
 * @param auc 0..1
 * @param abnormal images, at least 1
 * @param normal images, at least 1
 * @returns ends within 0..1
 *
 * @example
 * hanleyMcNeil(0.893, 51, 58) // the paper's: standard error 0.0325, so 0.829 to 0.957
 */
export function hanleyMcNeil(auc: number, abnormal: number, normal: number): { low: number; high: number } {
  const square = auc * auc;
  const q1 = auc / (2 - auc);
  const q2 = (2 * square) / (1 + auc);
  const variance =
    (auc * (1 - auc) + (abnormal - 1) * (q1 - square) + (normal - 1) * (q2 - square)) / (abnormal * normal);
  const reach = z95 * Math.sqrt(Math.max(0, variance));
  return { low: Math.max(0, auc - reach), high: Math.min(1, auc + reach) };
}
