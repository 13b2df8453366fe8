import { percentileInterval } from './percentile-interval.ts';
import { drawWeights, imageStrata } from './resample-images.ts';
import { separation } from './separation.ts';
import { rankScore, weightedFigures } from './weighted-figures.ts';

/** A difference, second minus first, and the interval that holds the given share of its bootstrap replicates. */
export interface Difference {
  value: number;
  low: number;
  high: number;
}

export interface BootstrapSettings {
  /** How many resamples; thousands for an interval of two digits. */
  resamples: number;
  /** Share of the replicates within the interval, e.g. 0.95: a percentile interval. */
  confidence: number;
  /** A whole number from 0 to `below` − 1, each equally likely. */
  integer: (below: number) => number;
}

/**
 * How much better a second score separates the same images than a first one, with bootstrap confidence intervals paired by
 * image: every resample draws as many normal and as many abnormal images as there are, with replacement, and takes both
 * scores of each.
 * @param first higher means more abnormal
 * @param second of the same images, in the same order
 * @param labels 1 for abnormal, 0 for normal
 * @throws RangeError listing every fault of the input, see `labelledScores`
 */
export function pairedBootstrap(
  first: ArrayLike<number>,
  second: ArrayLike<number>,
  labels: ArrayLike<number>,
  settings: BootstrapSettings,
): { auc: Difference; ap: Difference } {
  const { resamples, confidence, integer } = settings;
  const [before, after] = [separation(first, labels), separation(second, labels)];
  const ranked = [rankScore(first, labels), rankScore(second, labels)] as const;
  const strata = imageStrata(labels);
  const [auc, ap] = [new Float64Array(resamples), new Float64Array(resamples)];
  const weights = new Uint32Array(labels.length);
  for (let resample = 0; resample < resamples; resample += 1) {
    drawWeights(strata, integer, weights);
    const [from, to] = [weightedFigures(ranked[0], weights), weightedFigures(ranked[1], weights)];
    auc[resample] = to.auc - from.auc;
    ap[resample] = to.ap - from.ap;
  }
  const interval = (replicates: Float64Array, value: number): Difference => ({
    value,
    ...percentileInterval(replicates, confidence),
  });
  return { auc: interval(auc, after.auc - before.auc), ap: interval(ap, after.ap - before.ap) };
}
