import { leastForInterval } from '@ddad/anomaly';
import type { Interval, RunScores } from '@ddad/contract';
import { plural } from './figures.ts';

/**
 * What is to be known of bootstrap intervals that promise too much, in a sentence; null where nothing is.
 * @param classes test images of either label; null where nobody knows
 */
export function intervalCaution(
  scores: RunScores,
  classes: { normal: number; abnormal: number } | null,
): string | null {
  if (!Object.values(scores).some((score) => score.aucInterval !== undefined)) return null;
  const fewest = classes === null ? Number.POSITIVE_INFINITY : Math.min(classes.normal, classes.abnormal);
  if (fewest < leastForInterval) {
    const what = fewest === classes?.abnormal ? 'abnormal test image' : 'normal test image';
    return `Intervals that rest on ${plural(fewest, what)} are too narrow: no resample has any other.`;
  }
  return hasFlatInterval(scores)
    ? 'An interval without width promises nothing: these images gave the same in every resample, others need not.'
    : null;
}

/** Whether any has no width, as that of a perfect figure. */
function hasFlatInterval(scores: RunScores): boolean {
  const flat = (interval: Interval | undefined) => interval !== undefined && interval.low === interval.high;
  return Object.values(scores).some(({ aucInterval, apInterval, sensitivityAt = [], specificityAt = [] }) =>
    [aucInterval, apInterval, ...sensitivityAt, ...specificityAt].some(flat),
  );
}
