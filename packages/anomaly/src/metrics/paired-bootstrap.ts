import {
  type BootstrapSettings,
  type Difference,
  percentileInterval,
  rank,
  stratifiedResamples,
  weightedSeparation,
} from './resampled-separation.ts';
import { separation } from './separation.ts';

/**
 * How much better a second score separates the same images than a first one, with bootstrap confidence intervals paired by
 * image: every resample draws as many normal and as many abnormal images as there are, with replacement, and takes both
 * scores of each. (Efron and Tibshirani, An Introduction to the Bootstrap, 1993, section 13.3: percentile interval.)
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
  const ranked = [rank(first, labels), rank(second, labels)] as const;
  const [auc, ap] = [new Float64Array(resamples), new Float64Array(resamples)];
  let resample = 0;
  for (const weights of stratifiedResamples(labels, resamples, integer)) {
    const [from, to] = ranked.map((scores) => weightedSeparation(scores, labels, weights));
    auc[resample] = to!.auc - from!.auc;
    ap[resample] = to!.ap - from!.ap;
    resample += 1;
  }
  return {
    auc: percentileInterval(auc, after.auc - before.auc, confidence),
    ap: percentileInterval(ap, after.ap - before.ap, confidence),
  };
}
