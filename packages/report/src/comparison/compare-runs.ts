import {
  type BootstrapSettings,
  imageStrata,
  type PairedDifferences,
  pairedBootstrap,
  patientStrata,
  unitsOf,
} from '@ddad/anomaly';
import {
  mainScore,
  type PixelFigures,
  type RunResult,
  type ScoreDefinition,
  type Separation,
} from '@ddad/contract';
import { mostTelling, operatingPoints } from '../operating-points.ts';
import { mergedDefinitions, presentScores } from '../score-looks.ts';
import { type ComparedInputs, compareInputs, runLetter } from './compared-inputs.ts';

/** A test image as a run's scores.csv lists it. */
export interface ScoredImage {
  /** Its name in the dataset: what pairs it with the other runs'. */
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

/** A run among others. */
export interface ComparedRun {
  result: RunResult;
  /** A, B, ... */
  letter: string;
  /** In what its input differs from the others'. */
  title: string;
  /** By place among the first run's test images: the place among its own. */
  places: number[];
}

/** A test image that not all runs call the same, each at its own threshold. */
export interface SideChange {
  /** Place among the first run's test images, from 1. */
  number: number;
  label: 0 | 1;
  /** By run. */
  scores: number[];
  /** By run: whether what it calls the image is what the image is. */
  right: boolean[];
}

/** One figure of a score's maps against masks, a share. */
export interface PixelFigure {
  title: string;
  /** By run; null where a run does not have it. */
  values: (number | null)[];
}

/** A score that the first run has, and some other. */
export interface ComparedScore {
  name: string;
  /** By run; null where a run does not have the score. */
  separations: (Separation | null)[];
  /** By run: it minus the first, with intervals; null of the first one, and where a run does not have the score. */
  differences: (PairedDifferences | null)[];
}

export interface Comparison {
  /** The first one is what the others are held against. */
  runs: ComparedRun[];
  inputs: Pick<ComparedInputs, 'differing' | 'common'>;
  /** Of all runs' scores. */
  definitions: ScoreDefinition[];
  labels: (0 | 1)[];
  /** What a resample draws, and how many of them there are. */
  drawn: { by: 'image' | 'patient'; units: number; resamples: number };
  scores: ComparedScore[];
  /** How well maps show where something is, of scores of which the first run and some other have figures; empty without masks. */
  pixels: { name: string; figures: PixelFigure[] }[];
  /** By the main one of the scores that all have. */
  sides: {
    score: string;
    /** By run. */
    values: number[][];
    /** Where sensitivity and specificity together are greatest, by run. */
    thresholds: number[];
    changed: SideChange[];
  };
}

/**
 * Compares runs on the same test images with the first of them.
 * @param runs two or more
 * @param settings of the bootstrap
 * @param patients of the images by their names, where they are known: resamples then draw patients
 * @throws RangeError with every run that has other test images, or no labels; or where no score is in all of them
 */
export function compareRuns(
  runs: readonly ScoredRun[],
  settings: BootstrapSettings,
  patients?: ReadonlyMap<string, number>,
): Comparison {
  const [first, ...others] = runs;
  if (first === undefined || others.length === 0)
    throw new RangeError(`expected two runs or more, got ${runs.length}`);
  const inputs = compareInputs(runs);
  const placed = runs.map((run) => placesIn(run, first));
  const labels = commonLabels(runs, placed);
  const compared = runs.map(
    ({ result }, run): ComparedRun => ({
      result,
      letter: runLetter(run),
      title: inputs.titles[run]!,
      places: placed[run]!,
    }),
  );
  const definitions = mergedDefinitions(...runs.map((run) => run.definitions));
  const valuesOf = (name: string) =>
    runs.map(({ images }, run) => {
      const values = placed[run]!.flatMap((place) => images[place]?.scores[name] ?? []);
      return values.length === labels.length && labels.length > 0 ? values : null;
    });
  const found = new Map(definitions.map(({ name }) => [name, valuesOf(name)] as const));
  const inAll = [...found].flatMap(([name, values]) =>
    values.every((own) => own !== null) ? [[name, values] as const] : [],
  );
  const ranking = Object.fromEntries(inAll);
  const score = mainScore(definitions, ranking);
  const ranked = score === null ? undefined : ranking[score];
  if (score === null || ranked === undefined)
    throw new RangeError('expected runs with a score in common, got none');
  const strata = strataOf(first.images, labels, patients);
  return {
    runs: compared,
    inputs: { differing: inputs.differing, common: inputs.common },
    definitions,
    labels,
    drawn: { by: strata.by, units: unitsOf(strata.strata), resamples: settings.resamples },
    scores: presentScores(definitions, Object.fromEntries(found)).flatMap(({ name }) => {
      const separations = runs.map(({ result }, run) =>
        found.get(name)?.[run] == null ? null : (result.scores?.[name] ?? null),
      );
      const differences = differencesOf(found.get(name) ?? [], separations, labels, settings, strata.strata);
      return differences === null ? [] : [{ name, separations, differences }];
    }),
    pixels: pixelsOf(runs, definitions),
    sides: { score, ...sides(ranked, labels) },
  };
}

/** By place among the first run's images: the place of the same image in another run. */
function placesIn({ images }: ScoredRun, first: ScoredRun): number[] {
  const places = new Map(images.map(({ image }, place) => [image, place]));
  return first.images.flatMap(({ image }) => places.get(image) ?? []);
}

function commonLabels(runs: readonly ScoredRun[], placed: readonly number[][]): (0 | 1)[] {
  const [first] = runs;
  const count = first?.images.length ?? 0;
  const faults = runs.flatMap(({ images }, run) => {
    const both = placed[run]!.length;
    if (both !== count || both !== images.length) {
      const counts = `${count} and ${images.length}, ${both} of them in both`;
      return [`A and ${runLetter(run)}: expected runs on the same test images, got ${counts}`];
    }
    const same = placed[run]!.every((place, image) => images[place]?.label === first?.images[image]?.label);
    return same ? [] : [`A and ${runLetter(run)}: expected test images with labels, the same in both runs`];
  });
  const labels = first?.images.flatMap(({ label }) => label ?? []) ?? [];
  if (labels.length !== count) faults.push('A: expected test images with labels, got some without');
  if (faults.length > 0) throw new RangeError(faults.join('; '));
  return labels;
}

function strataOf(
  images: readonly ScoredImage[],
  labels: readonly (0 | 1)[],
  known: ReadonlyMap<string, number> | undefined,
) {
  const patients = images.map(({ image }) => known?.get(image) ?? null);
  return patients.some((patient) => patient !== null)
    ? { by: 'patient' as const, strata: patientStrata(labels, patients) }
    : { by: 'image' as const, strata: imageStrata(labels) };
}

/** @returns null where the first run or all others do not have the score */
function differencesOf(
  values: readonly (readonly number[] | null)[],
  separations: readonly (Separation | null)[],
  labels: readonly (0 | 1)[],
  settings: BootstrapSettings,
  strata: ReturnType<typeof strataOf>['strata'],
): (PairedDifferences | null)[] | null {
  const has = values.map((own, run) => (separations[run] === null ? null : own));
  const [before, ...after] = has;
  const others = after.filter((own) => own !== null);
  if (before == null || others.length === 0) return null;
  const found = pairedBootstrap(before, others, labels, settings, strata).values();
  return has.map((own, run) => (run === 0 || own === null ? null : (found.next().value ?? null)));
}

function pixelsOf(runs: readonly ScoredRun[], definitions: readonly ScoreDefinition[]): Comparison['pixels'] {
  return presentScores(definitions, runs[0]?.result.pixelTruth?.scores ?? {}).flatMap(({ name }) => {
    const own = runs.map(({ result }) => result.pixelTruth?.scores?.[name] ?? null);
    const others = own.slice(1).some((figures) => figures !== null);
    return others ? [{ name, figures: pixelFigures(own) }] : [];
  });
}

/** As far as the first run and another have them: the last one takes held-out normal images. */
function pixelFigures(runs: readonly (PixelFigures | null)[]): PixelFigure[] {
  const titles = {
    auroc: 'AUROC',
    ap: 'AP',
    aupro: 'AUPRO',
    bestDice: 'best Dice',
    diceAtThreshold: 'Dice, held-out normals',
  } as const;
  return Object.entries(titles).flatMap(([key, title]): PixelFigure[] => {
    const values = runs.map((figures) => figures?.[key as keyof typeof titles] ?? null);
    const compared = values[0] !== null && values.slice(1).some((value) => value !== null);
    return compared ? [{ title, values }] : [];
  });
}

function sides(
  values: readonly (readonly number[] | null)[],
  labels: readonly (0 | 1)[],
): Omit<Comparison['sides'], 'score'> {
  const all = values.flatMap((own) => (own === null ? [] : [[...own]]));
  const thresholds = all.map((scores) => {
    const points = operatingPoints(scores, labels);
    return points[mostTelling(points)]?.threshold ?? Number.POSITIVE_INFINITY;
  });
  const changed = labels.flatMap((label, image): SideChange[] => {
    const scores = all.map((own) => own[image]!);
    const right = scores.map((score, run) => score >= thresholds[run]! === (label === 1));
    return right.every((own) => own === right[0]) ? [] : [{ number: image + 1, label, scores, right }];
  });
  return { values: all, thresholds, changed };
}

/** Of a run among others: how many images it has right that the first one has wrong, and the other way round. */
export function sidesChanged(
  { sides: { changed } }: Pick<Comparison, 'sides'>,
  run: number,
): { better: number; worse: number } {
  const differ = changed.filter(({ right }) => right[run] !== right[0]);
  const better = differ.filter(({ right }) => right[run] === true).length;
  return { better, worse: differ.length - better };
}
