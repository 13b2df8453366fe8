import type { Allowance } from './compare.ts';

/** Of a loss or a score, as a share of it. Two threads instead of one stay below it (measured). */
export const relative = 0.05;
/**
 * Of a rate. These runs rank sixteen images by networks that trained for two epochs: another rounding turns ranks, and up to 0.6 of an
 * AUC with them (measured: one thread against two). So in another environment rates are only held to be rates, and there.
 */
export const absolute = 1;

/** What in a report is an AUC, an average precision, a share of images, or a spread of them: 0 to 1. */
const rates = /(^|\.)(auc|ap|aucMean|aucStd|mean|std|sensitivity|specificity)$/;
/** What is a loss, a score, or a mean of them. */
const values = /(^|\.)(loss|threshold|heldOutMean)$/;

/** Losses, scores and rates may differ between environments; nothing else of a report may. */
export const reportAllowance: Allowance = (path, recorded) => {
  if (path.startsWith('histogramDistance.')) return 100 * absolute;
  if (rates.test(path)) return absolute;
  return values.test(path) ? relative * Math.abs(recorded) : null;
};

/** Scores and losses by themselves. */
export const valueAllowance: Allowance = (_path, recorded) => relative * Math.abs(recorded);

/** Of scores.csv: scores, and p-values beside them. */
export const scoresAllowance: Allowance = (path, recorded) => {
  if (/\.p_\w+$/.test(path)) return absolute;
  return /\.(image|label|pathology)$/.test(path) ? null : relative * Math.abs(recorded);
};
