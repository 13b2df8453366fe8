import { auc } from './auc.ts';
import type { BootstrapSettings, Difference } from './paired-bootstrap.ts';
import { percentileInterval } from './percentile-interval.ts';
import { drawWeights, imageStrata, type Stratum } from './resample-images.ts';
import { rankScore, weightedFigures } from './weighted-figures.ts';

/** How a candidate stands beside the one that separates best. */
export interface Standing {
  /** Mean over its repetitions. */
  auc: number;
  /** Share of the resamples in which it separates best, several that do so together sharing it: 0..1. */
  probability: number;
  /** AUC of the best one minus its own; 0 of the best one itself. */
  behind: Difference;
}

/** Means of the same AUC by other repetitions differ by rounding alone. */
const equal = 1e-12;

/**
 * Which of several candidates separates the same images best by AUC, and how sure that is: bootstrap paired by image, or
 * by patient, as `pairedBootstrap` draws. A candidate's AUC is the mean over its repetitions (seeds), in every resample too, so that what is
 * told is over images alone.
 * @param candidates by candidate, by repetition: scores of the images, higher meaning more abnormal
 * @param labels 1 for abnormal, 0 for normal
 * @param strata what is drawn, by patient where `patientStrata` made it; each image by itself unless given
 * @returns best: place of the candidate of the highest AUC, the first of equal ones
 * @throws RangeError without candidates, on one without repetitions, or listing every fault of the input, see `labelledScores`
 */
export function bestSeparation(
  candidates: readonly (readonly ArrayLike<number>[])[],
  labels: ArrayLike<number>,
  { resamples, confidence, integer }: BootstrapSettings,
  strata: readonly Stratum[] = imageStrata(labels),
): { best: number; standings: Standing[] } {
  const empty = candidates.findIndex((repetitions) => repetitions.length === 0);
  if (candidates.length === 0) throw new RangeError('expected at least one candidate, got none');
  if (empty !== -1) throw new RangeError(`candidate ${empty}: expected scores, got none`);
  const aucs = candidates.map((repetitions) => mean(repetitions.map((scores) => auc(scores, labels))));
  const best = aucs.indexOf(Math.max(...aucs));
  const ranked = candidates.map((repetitions) => repetitions.map((scores) => rankScore(scores, labels)));
  const behind = candidates.map(() => new Float64Array(resamples));
  const wins = new Float64Array(candidates.length);
  const weights = new Uint32Array(labels.length);
  for (let resample = 0; resample < resamples; resample += 1) {
    drawWeights(strata, integer, weights);
    const drawn = ranked.map((repetitions) =>
      mean(repetitions.map((scores) => weightedFigures(scores, weights).auc)),
    );
    const least = Math.max(...drawn) - equal;
    const winners = drawn.filter((value) => value >= least).length;
    for (const [place, value] of drawn.entries()) {
      behind[place]![resample] = drawn[best]! - value;
      if (value >= least) wins[place]! += 1 / winners;
    }
  }
  const standings = aucs.map((own, place) => ({
    auc: own,
    probability: wins[place]! / resamples,
    behind: { value: aucs[best]! - own, ...percentileInterval(behind[place]!, confidence) },
  }));
  return { best, standings };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
