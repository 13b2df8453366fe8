import type { Interval } from '@ddad/contract';

/**
 * The interval that holds the given share of bootstrap replicates, as much left out below as above (Efron and Tibshirani, An
 * Introduction to the Bootstrap, 1993, section 13.3: percentile interval). An end is the replicate nearest to its quantile.
 * @param replicates one at least; sorted in place
 * @param confidence share within the interval, e.g. 0.95
 */
export function percentileInterval(replicates: Float64Array, confidence: number): Interval {
  replicates.sort();
  const at = (share: number) => replicates[Math.round(share * (replicates.length - 1))]!;
  return { low: at((1 - confidence) / 2), high: at((1 + confidence) / 2) };
}
