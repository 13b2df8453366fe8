import { recSeparation, separation } from '@ddad/anomaly';
import type { RunScores } from '@ddad/contract';
import type { ImageScores } from './test-scores.ts';

/** AUC and AP of every score, over the test images that `keep` names; null where they are all of one class. */
export function separations(
  { rec, others }: ImageScores,
  labels: readonly number[],
  keep: readonly number[],
): RunScores | null {
  const kept = keep.map((image) => labels[image]);
  if (new Set(kept).size < 2) return null;
  const pick = (scores: Float32Array) => keep.map((image) => scores[image]);
  const scores: RunScores = { rec: recSeparation(rec.map(pick), kept) };
  for (const [name, values] of others) scores[name] = separation(pick(values), kept);
  return scores;
}
