import {
  auc,
  type BootstrapSettings,
  bestSeparation,
  type Difference,
  type Standing,
  strataOf,
  unitsOf,
} from '@ddad/anomaly';
import { type AxisValues, type ChoiceMode, canonicalJson, describeAxes, seedAxis } from '@ddad/contract';
import { bySeeds, type SeedGroup, type SpreadOverSeeds, spreadOverSeeds } from '@ddad/methods';
import type { FinishedRun } from '../finished-runs.ts';
import { learnedAlike } from './learned-alike.ts';
import type { ReferenceScores } from './reference-scores.ts';

/** A finished run with its scores of the images that the choice is made by. */
export interface ComparedRun extends FinishedRun {
  reference: ReferenceScores;
}

/** One of those chosen from: a combination of the axes' values, without the seed, and a score. */
export interface Candidate {
  axes: AxisValues;
  score: string;
  /** Numbers of its runs, one a seed. */
  runs: number[];
  /** AUC of the unlabeled against the held-out normal images, over its seeds. */
  labelFree: SpreadOverSeeds;
  /** False where it could not be chosen, as it learned otherwise than those compared, see `learnedAlike`. */
  comparable: boolean;
  /**
   * Against the chosen one, over resamples of the images; null of one whose AUC is so far down the list that it was not
   * resampled, and of one that could not be chosen.
   */
  standing: {
    /** Share of the resamples in which it is the best. */
    probability: number;
    /** Label-free AUC of the chosen one minus its own. */
    behind: Difference;
    /** Whether the interval of that difference holds 0: it cannot be told apart from the chosen one. */
    alike: boolean;
  } | null;
  /** Mean AUC by the labels of the test images, which the choice does not read; null where there are none. */
  byLabels: number | null;
}

/** What the labels of the test images say of a choice that was made without them. */
export interface Regret {
  /** Mean AUC over seeds of the chosen one, and of the best one by labels. */
  chosen: number;
  best: number;
  /** `best` minus `chosen`. */
  regret: number;
  axes: AxisValues;
  score: string;
}

/** What was chosen, and how sure that is. */
export interface Choice {
  among: ChoiceMode;
  images: ReferenceScores['images'];
  /** Seeds that all combinations have runs of, over which they are compared, and those that some lack. */
  seeds: { compared: unknown[]; leftOut: unknown[] };
  bootstrap: {
    resamples: number;
    confidence: number;
    /** Candidates that were resampled. */
    compared: number;
    /** What was drawn, images or patients with all of their images, and how many there are. */
    by: 'image' | 'patient';
    units: number;
  };
  chosen: Candidate;
  /** All others, highest AUC first; behind them those that could not be chosen. */
  others: Candidate[];
  /** Null where the test images have no labels. Uses them. */
  regret: Regret | null;
}

/** So many candidates are resampled, those of the highest AUC: what stands below fifty others is not the best. */
export const mostCompared = 50;

/**
 * Chooses a combination of the axes' values, and a score where asked, without any label: the one whose scores separate the
 * unlabeled images best from held-out normal ones. Of M unlabeled images a share π shows anomalies, and the others are as normal as
 * the held-out ones, so that this AUC is ½ + π·(AUC − ½): it has the same order as the AUC that labels would give (arXiv
 * 2606.08742). Seeds are repetitions: their AUC are averaged, over those that every combination has, as some are luckier than others.
 * @param runs at least one, all with scores of the same images
 * @param patients of these images, see `strataOf`
 * @throws RangeError where there is no candidate, or no seed of all combinations, or runs have scores of other images
 */
export function chooseRun(
  runs: readonly ComparedRun[],
  among: ChoiceMode,
  { resamples, confidence, integer }: BootstrapSettings,
  patients: readonly (number | null)[] | null = null,
): Choice {
  const images = sameImages(runs);
  const labels = [...Array<number>(images.heldOut).fill(0), ...Array<number>(images.unlabeled).fill(1)];
  const { groups, seeds } = ofCommonSeeds(bySeeds(runs));
  const scores = learnedAlike(
    groups.map((group) => group.runs),
    among,
  );
  const candidatesOf = (which: 'chosenFrom' | 'others') =>
    groups
      .flatMap(({ axes, runs: own }, place) =>
        scores[place]![which].map((score) => candidateOf(axes, score, own, labels)),
      )
      .sort((a, b) => b.labelFree.mean - a.labelFree.mean);
  const chosenFrom = candidatesOf('chosenFrom');
  if (chosenFrom.length === 0) {
    throw new RangeError('expected scores to choose from that learned alike, got none');
  }
  const compared = chosenFrom.slice(0, mostCompared);
  const { by, strata } = strataOf(labels, patients);
  const { standings } = bestSeparation(
    compared.map(({ values }) => values),
    labels,
    { resamples, confidence, integer },
    strata,
  );
  const candidates = [...chosenFrom, ...candidatesOf('others')];
  const [chosen, ...others] = candidates.map(({ values: _, ...candidate }, place): Candidate => {
    const found = standings[place];
    return {
      ...candidate,
      comparable: place < chosenFrom.length,
      standing: found === undefined ? null : standingOf(found),
    };
  });
  return {
    among,
    images,
    seeds,
    bootstrap: {
      resamples,
      confidence,
      compared: compared.length,
      by,
      units: unitsOf(strata),
    },
    chosen: chosen!,
    others,
    regret: regretOf(chosen!, others),
  };
}

/**
 * Every combination's runs of the seeds that all of them have.
 * @throws RangeError where they have none in common
 */
function ofCommonSeeds(groups: readonly SeedGroup<ComparedRun>[]) {
  const seedOf = ({ axes }: ComparedRun) => axes[seedAxis];
  const all = [...new Set(groups.flatMap(({ runs }) => runs.map(seedOf)))];
  const compared = all.filter((seed) => groups.every(({ runs }) => runs.some((run) => seedOf(run) === seed)));
  if (compared.length === 0) {
    const came = groups.map(
      ({ axes, runs }) => `${describeAxes(axes)} has ${runs.map((run) => String(seedOf(run))).join(', ')}`,
    );
    throw new RangeError(
      `expected a seed of which all combinations have a finished run, got none: ${came.join('; ')}`,
    );
  }
  return {
    groups: groups.map(({ axes, runs }) => ({
      axes,
      runs: runs.filter((run) => compared.includes(seedOf(run))),
    })),
    seeds: { compared, leftOut: all.filter((seed) => !compared.includes(seed)) },
  };
}

/** @param runs that all have the score */
function candidateOf(
  axes: AxisValues,
  score: string,
  runs: readonly ComparedRun[],
  labels: readonly number[],
) {
  const values = runs.flatMap(({ reference }) => reference.scores[score] ?? []);
  const judged = runs.flatMap(({ result }) => result.scores?.[score]?.auc ?? []);
  return {
    axes,
    score,
    runs: runs.map(({ number }) => number),
    values,
    labelFree: spreadOverSeeds(values.map((own) => auc(own, labels))),
    byLabels: judged.length === 0 ? null : spreadOverSeeds(judged).mean,
  };
}

function standingOf({ probability, behind }: Standing): NonNullable<Candidate['standing']> {
  return { probability, behind, alike: behind.low <= 0 && behind.high >= 0 };
}

function regretOf(chosen: Candidate, others: readonly Candidate[]): Regret | null {
  if (chosen.byLabels === null) return null;
  let [best, highest] = [chosen, chosen.byLabels];
  for (const one of others)
    if (one.byLabels !== null && one.byLabels > highest) [best, highest] = [one, one.byLabels];
  const { axes, score } = best;
  return { chosen: chosen.byLabels, best: highest, regret: highest - chosen.byLabels, axes, score };
}

/** @throws RangeError where runs have scores of other images: AUC over other images cannot be compared */
function sameImages(runs: readonly ComparedRun[]): ReferenceScores['images'] {
  const [first] = runs;
  if (first === undefined) throw new RangeError('expected runs to choose from, got none');
  const imagesOf = ({ result, reference: { selection, images } }: ComparedRun) =>
    canonicalJson({ dataset: result.dataset, selection, images });
  const other = runs.find((run) => imagesOf(run) !== imagesOf(first));
  if (other !== undefined) {
    throw new RangeError(
      `expected runs with scores of the same images, but ${describeAxes(first.axes)} has ${imagesOf(first)} and ` +
        `${describeAxes(other.axes)} ${imagesOf(other)}`,
    );
  }
  // Runs of another size have other pixels of the same images.
  for (const ofSize of Map.groupBy(runs, ({ result }) => result.imageSize).values()) {
    const known = ofSize.filter(({ result }) => result.datasetDigest !== undefined);
    const replaced = known.find(({ result }) => result.datasetDigest !== known[0]!.result.datasetDigest);
    if (replaced === undefined) continue;
    throw new RangeError(
      `expected runs with scores of the same images, but dataset ${first.result.dataset} was added anew between ` +
        `${describeAxes(known[0]!.axes)} and ${describeAxes(replaced.axes)}`,
    );
  }
  return first.reference.images;
}
