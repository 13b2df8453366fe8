import {
  type BootstrapSettings,
  type PairedDifferences,
  pairedBootstrap,
  type Stratum,
  strataOf,
  unitsOf,
} from '@ddad/anomaly';
import {
  mainScore,
  mapOf,
  type PixelFigures,
  type RunResult,
  type ScoreDefinition,
  type Separation,
  sharedScores,
} from '@ddad/contract';
import { mostTelling, operatingPoints } from '../operating-points.ts';
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
  /** Of the scores that it may give. */
  definitions: readonly ScoreDefinition[];
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

/** Scores that stand in one row: one score that the first run has and some other, or each run's own main score. */
interface ComparedNames {
  /** Null of the runs' main scores, which are not one. */
  name: string | null;
  /** By run: what it calls it; null where a run does not have it. */
  names: (string | null)[];
}

/** Scores, and how well they separate the images. */
export interface ComparedScore extends ComparedNames {
  /** By run; null where a run does not have the score. */
  separations: (Separation | null)[];
  /** By run: it minus the first, with intervals; null of the first one, and where a run does not have the score. */
  differences: (PairedDifferences | null)[];
}

export interface Comparison {
  /** The first one is what the others are held against. */
  runs: ComparedRun[];
  inputs: Pick<ComparedInputs, 'differing' | 'common'>;
  /** Of the scores that runs of the first one's method give: of all scores with a name of their own. */
  definitions: ScoreDefinition[];
  labels: (0 | 1)[];
  /** What a resample draws, and how many of them there are. */
  drawn: { by: 'image' | 'patient'; units: number; resamples: number };
  /** Where runs are of several methods, their main scores come first. */
  scores: ComparedScore[];
  /** How well maps show where something is, of scores of which the first run and some other have figures; empty without masks. */
  pixels: (ComparedNames & { figures: PixelFigure[] })[];
  /** By the main one of the scores that all have; where runs are of several methods, by the main score of each. */
  sides: {
    /** Null of the runs' main scores. */
    score: string | null;
    /** By run: the name of its score. */
    names: string[];
    /** By run: the score whose heat maps show what it found: of the highest rank where its own has none; null where no score has any. */
    maps: (string | null)[];
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
 * @throws RangeError with every run that has other test images, no labels or no score; or where runs of one method have none in common
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
  const values = runs.map((run, place) => valuesOf(run, placed[place]!, labels.length));
  // What the first run does not have is held against nothing.
  const shared = sharedBy(runs).filter(({ has }) => has[0]);
  const definitions = shared.map(({ definition }) => definition);
  const several = new Set(runs.map(({ result }) => result.method)).size > 1;
  const ranked = several ? mainScores(runs, values) : mainInCommon(shared, values);
  const maps = runs.map((run, place) => shownMap(run, ranked.names[place]!, values[place]!));
  const ofMains = (names: ComparedNames['names']): ComparedNames[] =>
    several ? [{ name: null, names }] : [];
  const ofOne = shared.map(
    ({ definition: { name }, has }): ComparedNames => ({
      name,
      names: has.map((own) => (own ? name : null)),
    }),
  );
  const { by, strata } = strataOf(
    labels,
    first.images.map(({ image }) => patients?.get(image) ?? null),
  );
  return {
    runs: runs.map(
      (run, place): ComparedRun => ({
        result: run.result,
        definitions: run.definitions,
        letter: runLetter(place),
        title: inputs.titles[place]!,
        places: placed[place]!,
      }),
    ),
    inputs: { differing: inputs.differing, common: inputs.common },
    definitions,
    labels,
    drawn: { by, units: unitsOf(strata), resamples: settings.resamples },
    scores: [...ofMains(ranked.names), ...ofOne].flatMap(({ name, names }) => {
      const own = runs.map((_run, run) => under(names[run], values[run]));
      const separations = runs.map(({ result }, run) =>
        own[run] === null ? null : under(names[run], result.scores),
      );
      const differences = differencesOf(own, separations, labels, settings, strata);
      const had = names.map((one, run) => (separations[run] === null ? null : one));
      return differences === null ? [] : [{ name, names: had, separations, differences }];
    }),
    pixels: pixelsOf(runs, [...ofMains(maps), ...ofOne]),
    sides: {
      ...ranked,
      maps,
      ...sides(
        ranked.names.map((name, run) => values[run]![name]!),
        labels,
      ),
    },
  };
}

/** What a run has of the score of a name; null where it has none, or the name is none. */
function under<Value>(
  name: string | null | undefined,
  of: Readonly<Partial<Record<string, Value>>> | null | undefined,
): Value | null {
  return name == null ? null : (of?.[name] ?? null);
}

/** Values of scores in the order of the first run's images, by name. */
type ScoreValues = Readonly<Partial<Record<string, number[]>>>;

/** A run's scores that every image has. @param count of images */
function valuesOf({ images, definitions }: ScoredRun, places: readonly number[], count: number): ScoreValues {
  const entries = definitions.flatMap(({ name }) => {
    const values = places.flatMap((place) => images[place]?.scores[name] ?? []);
    return values.length === count && count > 0 ? [[name, values] as const] : [];
  });
  return Object.fromEntries(entries);
}

/** A score of several runs, and by run whether that is what the run means by the name. */
interface SharedByRuns {
  definition: ScoreDefinition;
  has: boolean[];
}

function sharedBy(runs: readonly ScoredRun[]): SharedByRuns[] {
  const given = runs.map(({ result: { method }, definitions }) => ({ method, definitions }));
  return sharedScores(given).map(({ definition, methods }) => ({
    definition,
    has: given.map(({ method }) => methods.includes(method)),
  }));
}

/** Whose images are ranked by what. */
type Ranked = Pick<Comparison['sides'], 'score' | 'names'>;

/** @throws RangeError with every run that has no score */
function mainScores(runs: readonly ScoredRun[], values: readonly ScoreValues[]): Ranked {
  const found = runs.map(({ definitions }, run) => mainScore(definitions, values[run]!));
  const faults = found.flatMap((name, run) =>
    name === null ? [`${runLetter(run)}: expected a run with a score of every test image, got none`] : [],
  );
  if (faults.length > 0) throw new RangeError(faults.join('; '));
  return { score: null, names: found.flatMap((name) => name ?? []) };
}

/** @throws RangeError where no score is in all runs */
function mainInCommon(shared: readonly SharedByRuns[], values: readonly ScoreValues[]): Ranked {
  const definitions = shared.map(({ definition }) => definition);
  const inAll = definitions.filter(({ name }) => values.every((own) => own[name] !== undefined));
  const score = mainScore(inAll, values[0] ?? {});
  if (score === null) throw new RangeError('expected runs with a score in common, got none');
  return { score, names: values.map(() => score) };
}

/** The score whose heat maps show what a run found by a score: most that have no map have one beside them. */
function shownMap({ definitions }: ScoredRun, score: string, has: ScoreValues): string | null {
  const mapped = definitions.filter(({ map }) => map);
  const own = definitions.find(({ name }) => name === score);
  const found = mapped.find(({ name }) => own !== undefined && name === mapOf(own));
  return found?.name ?? mainScore(mapped, has);
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

/** @returns null where the first run or all others do not have the score */
function differencesOf(
  values: readonly (readonly number[] | null)[],
  separations: readonly (Separation | null)[],
  labels: readonly (0 | 1)[],
  settings: BootstrapSettings,
  strata: readonly Stratum[],
): (PairedDifferences | null)[] | null {
  const has = values.map((own, run) => (separations[run] === null ? null : own));
  const [before, ...after] = has;
  const others = after.filter((own) => own !== null);
  if (before == null || others.length === 0) return null;
  const found = pairedBootstrap(before, others, labels, settings, strata).values();
  return has.map((own, run) => (run === 0 || own === null ? null : (found.next().value ?? null)));
}

function pixelsOf(runs: readonly ScoredRun[], rows: readonly ComparedNames[]): Comparison['pixels'] {
  return rows.flatMap(({ name, names }) => {
    const own = runs.map(({ result }, run) => under(names[run], result.pixelTruth?.scores));
    const [before, ...others] = own;
    if (before === null || others.every((figures) => figures === null)) return [];
    const had = names.map((one, run) => (own[run] === null ? null : one));
    return [{ name, names: had, figures: pixelFigures(own) }];
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
  values: readonly number[][],
  labels: readonly (0 | 1)[],
): Pick<Comparison['sides'], 'values' | 'thresholds' | 'changed'> {
  const thresholds = values.map((scores) => {
    const points = operatingPoints(scores, labels);
    return points[mostTelling(points)]?.threshold ?? Number.POSITIVE_INFINITY;
  });
  const changed = labels.flatMap((label, image): SideChange[] => {
    const scores = values.map((own) => own[image]!);
    const right = scores.map((score, run) => score >= thresholds[run]! === (label === 1));
    return right.every((own) => own === right[0]) ? [] : [{ number: image + 1, label, scores, right }];
  });
  return { values: [...values], thresholds, changed };
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
