import { auc, type BootstrapSettings, bestSeparation, type Difference, type Standing } from '@ddad/anomaly';
import {
  type AxisValues,
  type ChoiceMode,
  canonicalJson,
  describeAxes,
  mainScore,
  mapOf,
} from '@ddad/contract';
import { bySeeds, type SpreadOverSeeds, spreadOverSeeds } from '@ddad/methods';
import { definitionsOf } from '@ddad/runs/described';
import type { FinishedRun } from '../finished-runs.ts';
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
  /**
   * False where it could not be chosen, as its networks learned of the unlabeled images what those of the compared ones did not, or
   * the other way round: what networks know by heart separates these images better, and no others.
   */
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
  bootstrap: { resamples: number; confidence: number; compared: number };
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
 * 2606.08742). Seeds are repetitions: their AUC are averaged.
 * @param runs at least one, all with scores of the same images
 * @throws RangeError where there is no candidate, or runs have scores of other images
 */
export function chooseRun(
  runs: readonly ComparedRun[],
  among: ChoiceMode,
  { resamples, confidence, integer }: BootstrapSettings,
): Choice {
  const images = sameImages(runs);
  const labels = [...Array<number>(images.heldOut).fill(0), ...Array<number>(images.unlabeled).fill(1)];
  const all = bySeeds(runs)
    .flatMap(({ axes, runs: seeds }) =>
      scoresOf(seeds, among).map((score) => candidateOf(axes, score, seeds)),
    )
    .map((candidate) => ({
      ...candidate,
      labelFree: spreadOverSeeds(candidate.values.map((values) => auc(values, labels))),
    }))
    .sort((a, b) => b.labelFree.mean - a.labelFree.mean);
  // Runs by their main scores learn alike, as far as they train alike.
  const chosenFrom = among === 'axes' ? all : learnedAlike(all);
  const rest = all.filter((one) => !chosenFrom.includes(one));
  const compared = chosenFrom.slice(0, mostCompared);
  const { standings } = bestSeparation(
    compared.map(({ values }) => values),
    labels,
    { resamples, confidence, integer },
  );
  const candidates = [...chosenFrom, ...rest];
  const [chosen, ...others] = candidates.map(({ values: _, learns: __, ...candidate }, place): Candidate => {
    const found = standings[place];
    return {
      ...candidate,
      comparable: place < chosenFrom.length,
      standing: found === undefined ? null : standingOf(found),
    };
  });
  // Without any candidate nothing could be resampled.
  if (chosen === undefined) throw new RangeError('expected a score to choose, got none');
  return {
    among,
    images,
    bootstrap: { resamples, confidence, compared: compared.length },
    chosen,
    others,
    regret: regretOf(chosen, others),
  };
}

/** Scores that are compared: every one that any of the seeds gives, or the main one alone. */
function scoresOf(seeds: readonly ComparedRun[], among: ChoiceMode): string[] {
  const present = Object.assign(
    {},
    ...seeds.map(({ reference }) => reference.scores),
  ) as ReferenceScores['scores'];
  const definitions = seeds.flatMap(({ result }) => definitionsOf(result));
  if (among === 'scores') {
    return [...new Set(definitions.map(({ name }) => name))].filter((name) => present[name] !== undefined);
  }
  const main = mainScore(definitions, present);
  return main === null ? [] : [main];
}

function candidateOf(axes: AxisValues, score: string, seeds: readonly ComparedRun[]) {
  const own = seeds.filter(({ reference }) => reference.scores[score] !== undefined);
  const judged = own.flatMap(({ result }) => result.scores?.[score]?.auc ?? []);
  return {
    axes,
    score,
    learns: own.map((run) => learningOf(run, score)),
    runs: own.map(({ number }) => number),
    values: own.flatMap(({ reference }) => reference.scores[score] ?? []),
    byLabels: judged.length === 0 ? null : spreadOverSeeds(judged).mean,
  };
}

/** Whose scores a score is compared with. */
interface Learning {
  /** Whether its networks learn from the unlabeled images. */
  unlabeled: boolean;
  /** Whether it is a reduction of the map, or the mean, whose reduction the run's main score is. */
  ofMainMap: boolean;
}

function learningOf({ result, reference }: ComparedRun, score: string): Learning {
  const definitions = definitionsOf(result);
  const main = mainScore(definitions, reference.scores);
  const [own, mains] = [score, main].map((wanted) => definitions.find(({ name }) => name === wanted));
  return {
    unlabeled: own?.learnsUnlabeled === true,
    ofMainMap: own !== undefined && mains !== undefined && mapOf(own) === mapOf(mains),
  };
}

/**
 * The candidates that can be compared without labels: all, where none learned from the unlabeled images. Else what the map gives
 * that every run ranks highest, and of which no reduction learned more than another; or, where these did not all learn, what did not.
 */
function learnedAlike<One extends { learns: readonly Learning[] }>(all: readonly One[]): readonly One[] {
  const learned = ({ learns }: One) => learns.some(({ unlabeled }) => unlabeled);
  if (!all.some(learned)) return all;
  const ofMainMaps = all.filter(({ learns }) => learns.every(({ ofMainMap }) => ofMainMap));
  return ofMainMaps.length > 0 && ofMainMaps.every(learned) ? ofMainMaps : all.filter((one) => !learned(one));
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
  if (other === undefined) return first.reference.images;
  throw new RangeError(
    `expected runs with scores of the same images, but ${describeAxes(first.axes)} has ${imagesOf(first)} and ` +
      `${describeAxes(other.axes)} ${imagesOf(other)}`,
  );
}
