import { type Difference, pairedBootstrap } from '@ddad/anomaly';
import {
  mainScore,
  type PixelFigures,
  type RunResult,
  type ScoreDefinition,
  type Separation,
} from '@ddad/contract';
import { mostTelling, operatingPoints } from '../operating-points.ts';
import { mergedDefinitions, presentScores } from '../score-looks.ts';

/** A test image as a run's scores.csv lists it. */
export interface ScoredImage {
  /** Its name in the dataset: what pairs it with the other run's. */
  image: string;
  label: 0 | 1 | null;
  /** By name. */
  scores: Readonly<Record<string, number>>;
}

/** A finished run: report.json and scores.csv. */
export interface ScoredRun {
  result: RunResult;
  /** Of the scores that the run may give, in the order in which they are shown. */
  definitions: readonly ScoreDefinition[];
  /** What tells the run apart, as headings have it. */
  description: string;
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

/** One figure of a score's maps against masks, a share. */
export interface PixelFigure {
  title: string;
  /** The runs' own. */
  values: [number, number];
}

export interface Comparison {
  runs: [RunResult, RunResult];
  descriptions: [string, string];
  /** Of both runs' scores. */
  definitions: ScoreDefinition[];
  labels: (0 | 1)[];
  /** Scores that both runs have; differences are second minus first, with 95 % intervals. */
  scores: {
    name: string;
    separations: [Separation, Separation];
    auc: Difference;
    ap: Difference;
  }[];
  /** How well maps show where something is, of scores that both runs have figures of; empty without masks. */
  pixels: { name: string; figures: PixelFigure[] }[];
  /** By the main one of the scores that both have. */
  sides: {
    score: string;
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
  const definitions = mergedDefinitions(first.definitions, second.definitions);
  const common: Record<string, [number[], number[]]> = {};
  for (const { name } of definitions) {
    const found = [
      pairs.flatMap(([a]) => a.scores[name] ?? []),
      pairs.flatMap(([, b]) => b.scores[name] ?? []),
    ];
    const [before, after] = found;
    if (before?.length === pairs.length && after?.length === pairs.length) common[name] = [before, after];
  }
  const score = mainScore(definitions, common);
  const ranking = score === null ? undefined : common[score];
  if (score === null || ranking === undefined)
    throw new RangeError('expected runs with a score in common, got none');
  const scores = presentScores(definitions, common).flatMap(({ name }): Comparison['scores'] => {
    const [a, b] = [first.result.scores?.[name], second.result.scores?.[name]];
    const values = common[name];
    if (a === undefined || b === undefined || values === undefined) return [];
    const differences = pairedBootstrap(values[0], values[1], labels, { ...settings, confidence });
    return [{ name, separations: [a, b], ...differences }];
  });
  return {
    runs: [first.result, second.result],
    descriptions: [first.description, second.description],
    definitions,
    labels,
    scores,
    pixels: presentScores(definitions, first.result.pixelTruth?.scores ?? {}).flatMap(({ name }) => {
      const [a, b] = [first, second].map(({ result }) => result.pixelTruth?.scores?.[name]);
      return a === undefined || b === undefined ? [] : [{ name, figures: pixelFigures(a, b) }];
    }),
    sides: { score, ...sides(ranking, labels) },
  };
}

/** As far as both have them: the last one takes held-out normal images. */
function pixelFigures(first: PixelFigures, second: PixelFigures): PixelFigure[] {
  const titles = {
    auroc: 'AUROC',
    ap: 'AP',
    aupro: 'AUPRO',
    bestDice: 'best Dice',
    diceAtThreshold: 'Dice, held-out normals',
  } as const;
  return Object.entries(titles).flatMap(([key, title]): PixelFigure[] => {
    const [a, b] = [first, second].map((figures) => figures[key as keyof typeof titles]);
    return a === undefined || b === undefined ? [] : [{ title, values: [a, b] }];
  });
}

function sides(values: [number[], number[]], labels: readonly (0 | 1)[]): Omit<Comparison['sides'], 'score'> {
  const threshold = (scores: readonly number[]) => {
    const points = operatingPoints(scores, labels);
    return points[mostTelling(points)]?.threshold ?? Number.POSITIVE_INFINITY;
  };
  const [first, second] = [threshold(values[0]), threshold(values[1])];
  const changed = labels.flatMap((label, image): SideChange[] => {
    const [a, b] = [values[0][image], values[1][image]];
    if (a === undefined || b === undefined) return [];
    const scores: [number, number] = [a, b];
    const called = [scores[0] >= first, scores[1] >= second];
    if (called[0] === called[1]) return [];
    return [{ number: image + 1, label, scores, better: called[1] === (label === 1) }];
  });
  return { values, thresholds: [first, second], changed };
}
