import { mainScore, mapOf, type RunSettings, type ScoreDefinition } from '@ddad/contract';
import type { MethodRegistry } from '@ddad/methods';
import type { PipelineFacts } from '@ddad/onnx';
import { plural } from '../figures.ts';

/** By which score images are judged. */
export interface JudgedBy {
  /** The score by which the run ranks; null where nobody knows its method's any more. */
  mainScore: string | null;
  /** The one by which its pipeline does: the main score, or where the file lacks that, the one that ranks next; null likewise. */
  score: string | null;
}

/** What is said of all images together, by the score by which the run ranks. */
export interface Verdict extends JudgedBy {
  /** Above it an image is called abnormal; null where the run held no normal images out, or too few. */
  threshold: number | null;
  /** Images with a score. */
  images: number;
  /** How many of them lie above the threshold; null without one. */
  abnormal: number | null;
  /** The image with the highest score; null where none has one. */
  highest: { image: string; score: number } | null;
  /** Images that could not be read, or of which something could not be written. */
  faults: number;
}

/** Definitions of the scores of a run, or of a pipeline's file; null where nobody knows its method's any more. */
export function knownDefinitions(
  methods: MethodRegistry,
  { definitions, ...facts }: Pick<PipelineFacts, 'definitions' | 'method'>,
): ScoreDefinition[] | null {
  // What is from before there were definitions repeats what its method's scores depend on.
  return definitions ?? methods.find(facts.method)?.scores(facts as unknown as RunSettings) ?? null;
}

/**
 * By which score images are judged.
 * @param scores names of those that the file gives
 */
export function judgedBy(methods: MethodRegistry, facts: PipelineFacts, scores: readonly string[]): JudgedBy {
  const known = knownDefinitions(methods, facts) ?? [];
  const { leftOut = [] } = facts;
  const inFile = Object.fromEntries(scores.map((name) => [name, true]));
  // Files from before they said what they leave out have held-out images' scores of the whole run.
  const heldOut = facts.calibration?.heldOut ?? {};
  const left = known.flatMap((score) => (leftOut.includes(mapOf(score)) ? [[score.name, true]] : []));
  return {
    mainScore: mainScore(known, { ...heldOut, ...Object.fromEntries(left), ...inFile }),
    score: mainScore(known, inFile),
  };
}

/**
 * Judges all images by one score.
 * @param found each image with its scores
 */
export function verdictOf(
  { calibration }: PipelineFacts,
  by: JudgedBy,
  found: readonly { image: string; scores: Readonly<Record<string, number>> }[],
  faults: number,
): Verdict {
  const { score } = by;
  const threshold = (score === null ? undefined : calibration?.thresholds?.[score]) ?? null;
  const scored = found.flatMap(({ image, scores }) => {
    const value = score === null ? undefined : scores[score];
    return value === undefined ? [] : [{ image, score: value }];
  });
  const highest = scored.reduce<Verdict['highest']>(
    (best, one) => (best === null || one.score > best.score ? one : best),
    null,
  );
  return {
    ...by,
    threshold,
    images: found.length,
    abnormal: threshold === null ? null : scored.filter((one) => one.score > threshold).length,
    highest,
    faults,
  };
}

/** The verdict as one line: `3 of 12 images abnormal by fused (above 0.0412); highest 0.0933: slice-7.png`. */
export function verdictLine(verdict: Verdict): string {
  const { mainScore: main, score, threshold, images, abnormal, highest, faults } = verdict;
  const parts: string[] = [];
  if (score !== null && score !== main)
    parts.push(`the run's main score ${main} is not in the file: judged by ${score}`);
  if (score === null) parts.push(`${plural(images, 'image')}; no verdict: the run's main score is not known`);
  else if (threshold === null || abnormal === null) {
    const why = 'the run held no normal images out ("calibration"), or too few for a threshold';
    parts.push(`${plural(images, 'image')} by ${score}; no verdict: ${why}`);
  } else {
    parts.push(`${abnormal} of ${plural(images, 'image')} abnormal by ${score} (above ${figure(threshold)})`);
  }
  if (highest !== null) parts.push(`highest ${figure(highest.score)}: ${highest.image}`);
  if (faults > 0) parts.push(`${faults} at fault`);
  return parts.join('; ');
}

const figure = (value: number) => value.toPrecision(4);
