import { percentileInterval } from './percentile-interval.ts';
import { drawWeights, imageStrata, type Stratum } from './resample-images.ts';
import { separation } from './separation.ts';
import { rankScore, weightedFigures } from './weighted-figures.ts';

/** A difference, second minus first, and the interval that holds the given share of its bootstrap replicates. */
export interface Difference {
  value: number;
  low: number;
  high: number;
}

/** How much better another score separates images than a first one. */
export interface PairedDifferences {
  auc: Difference;
  ap: Difference;
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
 * How much better other scores separate the same images than a first one, with bootstrap confidence intervals paired by
 * image: every resample draws units of the strata with replacement, and takes all scores of each image. Every other score meets
 * the same resamples.
 * @param first higher means more abnormal
 * @param others of the same images, in the same order
 * @param labels 1 for abnormal, 0 for normal
 * @param strata what is drawn; images, the normal and the abnormal ones apart, unless given
 * @returns by other score
 * @throws RangeError listing every fault of the input, see `labelledScores`
 */
export function pairedBootstrap(
  first: ArrayLike<number>,
  others: readonly ArrayLike<number>[],
  labels: ArrayLike<number>,
  settings: BootstrapSettings,
  strata: readonly Stratum[] = imageStrata(labels),
): PairedDifferences[] {
  const { resamples, confidence, integer } = settings;
  const before = separation(first, labels);
  const ranked = rankScore(first, labels);
  const compared = others.map((scores) => ({
    after: separation(scores, labels),
    ranked: rankScore(scores, labels),
    auc: new Float64Array(resamples),
    ap: new Float64Array(resamples),
  }));
  const weights = new Uint32Array(labels.length);
  for (let resample = 0; resample < resamples; resample += 1) {
    drawWeights(strata, integer, weights);
    const from = weightedFigures(ranked, weights);
    for (const other of compared) {
      const to = weightedFigures(other.ranked, weights);
      other.auc[resample] = to.auc - from.auc;
      other.ap[resample] = to.ap - from.ap;
    }
  }
  const interval = (replicates: Float64Array, value: number): Difference => ({
    value,
    ...percentileInterval(replicates, confidence),
  });
  return compared.map(({ after, auc, ap }) => ({
    auc: interval(auc, after.auc - before.auc),
    ap: interval(ap, after.ap - before.ap),
  }));
}
