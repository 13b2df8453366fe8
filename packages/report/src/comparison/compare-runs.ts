import { type Difference, pairedBootstrap } from '@ddad/anomaly';
import { type RunResult, type ScoreName, type Separation, scoreNames } from '@ddad/contract';
import { mostTelling, operatingPoints } from '../operating-points.ts';
import { mainScore } from '../score-names.ts';

/** A test image as a run's scores.csv lists it. */
export interface ScoredImage {
  /** Its name in the dataset: what pairs it with the other run's. */
  image: string;
  label: 0 | 1 | null;
  scores: Partial<Record<ScoreName, number>>;
}

/** A finished run: report.json and scores.csv. */
export interface ScoredRun {
  result: RunResult;
  images: readonly ScoredImage[];
}

/** A test image that one run calls abnormal and the other does not, each at its own threshold. */
export interface SideChange {
  /** Place among the first run's test images, from 1. */
  number: number;
  label: 0 | 1;
  /** The runs' scores of it. */
  scores: [number, number];
  /** Whether the second run is the one that is right. */
  better: boolean;
}

export interface Comparison {
  runs: [RunResult, RunResult];
  labels: (0 | 1)[];
  /** Scores that both runs have; differences are second minus first, with 95 % intervals. */
  scores: {
    name: ScoreName;
    separations: [Separation, Separation];
    auc: Difference;
    ap: Difference;
  }[];
  /** By the method's own score, where both have it. */
  sides: {
    score: ScoreName;
    values: [number[], number[]];
    /** Where sensitivity and specificity together are greatest, per run. */
    thresholds: [number, number];
    changed: SideChange[];
  };
}

const confidence = 0.95;

/**
 * Compares two runs on the test images that both have scored.
 * @param settings.resamples of the bootstrap
 * @param settings.integer a whole number from 0 to `below` − 1, each equally likely
 * @throws RangeError where the runs have different test images, or no labels, or no score in common
 */
export function compareRuns(
  first: ScoredRun,
  second: ScoredRun,
  settings: { resamples: number; integer: (below: number) => number },
): Comparison {
  const partner = new Map(second.images.map((image) => [image.image, image]));
  const pairs = first.images.flatMap((a): [ScoredImage, ScoredImage][] => {
    const b = partner.get(a.image);
    return b === undefined ? [] : [[a, b]];
  });
  if (pairs.length !== first.images.length || pairs.length !== second.images.length) {
    throw new RangeError(
      `expected runs on the same test images, got ${first.images.length} and ${second.images.length}, ` +
        `${pairs.length} of them in both`,
    );
  }
  const labels = pairs.map(([a, b]) => {
    if (a.label === null || a.label !== b.label) {
      throw new RangeError('expected test images with labels, the same in both runs');
    }
    return a.label;
  });
  const names = scoreNames.filter((name) => pairs.every(([a, b]) => name in a.scores && name in b.scores));
  if (names.length === 0) throw new RangeError('expected runs with a score in common, got none');
  const values = (name: ScoreName): [number[], number[]] => [
    pairs.map(([a]) => a.scores[name]!),
    pairs.map(([, b]) => b.scores[name]!),
  ];
  const scores = names.flatMap((name) => {
    const separations = [first.result.scores?.[name], second.result.scores?.[name]] as const;
    if (separations[0] === undefined || separations[1] === undefined) return [];
    const [before, after] = values(name);
    const differences = pairedBootstrap(before, after, labels, { ...settings, confidence });
    return [
      { name, separations: [separations[0], separations[1]] as [Separation, Separation], ...differences },
    ];
  });
  const score = mainScore(Object.fromEntries(names.map((name) => [name, true])));
  return {
    runs: [first.result, second.result],
    labels,
    scores,
    sides: { score, ...sides(values(score), labels) },
  };
}

function sides(values: [number[], number[]], labels: readonly (0 | 1)[]): Omit<Comparison['sides'], 'score'> {
  const [first, second] = values.map((scores) => {
    const points = operatingPoints(scores, labels);
    return points[mostTelling(points)]!.threshold;
  }) as [number, number];
  const changed = labels.flatMap((label, image): SideChange[] => {
    const scores: [number, number] = [values[0][image]!, values[1][image]!];
    const called = [scores[0] >= first, scores[1] >= second];
    if (called[0] === called[1]) return [];
    return [{ number: image + 1, label, scores, better: called[1] === (label === 1) }];
  });
  return { values, thresholds: [first, second], changed };
}
