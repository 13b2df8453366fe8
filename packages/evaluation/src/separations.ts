import { separation, separationAmong } from '@ddad/anomaly';
import type { RunScores } from '@ddad/contract';
import type { ImageScores } from './image-scores.ts';

/** AUC and AP of every score, over the test images that `keep` names; null where they are all of one class. */
export function separations(
  scores: ImageScores,
  labels: readonly number[],
  keep: readonly number[],
): RunScores | null {
  const of = <T>(values: ArrayLike<T>): T[] => keep.flatMap((image) => values[image] ?? []);
  const kept = of(labels);
  if (new Set(kept).size < 2) return null;
  const found: RunScores = {};
  for (const [name, { values, each }] of scores) {
    found[name] =
      each === null ? separation(of(values), kept) : separationAmong(of(values), each.map(of), kept);
  }
  return found;
}
