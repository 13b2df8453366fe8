import { auc, conformalPValues, conformalThreshold, meanAndDeviation } from '@ddad/anomaly';
import {
  type Calibration,
  defaultFalsePositiveRate,
  type HeldOutScores,
  type LabelFree,
  type Threshold,
} from '@ddad/contract';

/** Image scores by name. */
type ScoresByName = Readonly<Record<string, Float32Array>>;

/** What held-out normal images tell: thresholds, p-values, and how the unlabeled images differ from them. */
export interface HeldOutFindings {
  calibration: Calibration;
  labelFree: LabelFree;
  /** Of the test images, by score; empty where there are none. */
  pValues: Record<string, number[]>;
  /** Of the held-out normal images. */
  scores: HeldOutScores;
}

/**
 * @param reference scores of the held-out normal images, then of the unlabeled ones, in the order in which they are shown
 * @param heldOut how many of them are held-out normal images
 * @param rate share of normal images that a threshold may call abnormal; 0.05 unless given
 * @param test scores of the test images; null where there are none
 * @param labels of the test images; null where nobody knows them
 */
export function heldOutFindings(
  reference: ScoresByName,
  heldOut: number,
  rate: number = defaultFalsePositiveRate,
  test: ScoresByName | null = null,
  labels: readonly number[] | null = null,
): HeldOutFindings {
  const thresholds: NonNullable<Calibration['thresholds']> = {};
  const labelFree: LabelFree = { images: { unlabeled: 0, heldOut }, scores: {} };
  const pValues: HeldOutFindings['pValues'] = {};
  const scores: HeldOutScores = {};
  let enough = true;
  for (const [name, all] of Object.entries(reference)) {
    const normal = Array.from(all.subarray(0, heldOut));
    const unlabeled = all.subarray(heldOut);
    scores[name] = normal.toSorted((a, b) => a - b);
    labelFree.images.unlabeled = unlabeled.length;
    labelFree.scores[name] = {
      auc: unlabeled.length === 0 ? null : aucAgainst(unlabeled, normal),
      heldOutMean: meanAndDeviation(normal).mean,
    };
    const found = test?.[name];
    if (found !== undefined) pValues[name] = conformalPValues(normal, found);
    const threshold = conformalThreshold(normal, rate);
    if (threshold === null) enough = false;
    else thresholds[name] = { threshold, ...observed(threshold, found, labels) };
  }
  const calibration = { images: heldOut, falsePositiveRate: rate, thresholds: enough ? thresholds : null };
  return { calibration, labelFree, pValues, scores };
}

function aucAgainst(higher: Float32Array, lower: readonly number[]): number {
  const scores = [...lower, ...higher];
  const labels = scores.map((_score, at) => (at < lower.length ? 0 : 1));
  return auc(scores, labels);
}

function observed(
  threshold: number,
  scores: Float32Array | undefined,
  labels: readonly number[] | null,
): Omit<Threshold, 'threshold'> {
  const share = (label: 0 | 1, called: (score: number) => boolean) => {
    const own = Array.from(scores ?? []).filter((_score, image) => labels?.[image] === label);
    return own.length === 0 ? null : own.filter(called).length / own.length;
  };
  return {
    sensitivity: share(1, (score) => score > threshold),
    specificity: share(0, (score) => score <= threshold),
  };
}
