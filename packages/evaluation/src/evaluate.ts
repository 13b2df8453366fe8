import { scoreHistogram } from '@ddad/anomaly';
import type { DatasetIndex, EvaluationSpec, Findings, HeldOutScores, PixelTruthResult } from '@ddad/contract';
import { testImages } from '@ddad/dataset/select';
import { copiesInTraining } from './copies-in-training.ts';
import { type HeldOutFindings, heldOutFindings } from './held-out-findings.ts';
import { type ImageScores, valuesOf } from './image-scores.ts';
import { withIntervals } from './intervals.ts';
import { type CurveTensors, kCurvePoints } from './k-curve-points.ts';
import { pathologyResult } from './pathology-result.ts';
import { type PixelEvidence, pixelTruth } from './pixel-truth.ts';
import { scoresCsv } from './scores-csv.ts';
import { separations } from './separations.ts';
import { trainingPositions } from './training-positions.ts';

/** What an evaluation is made of. */
export interface EvaluationInput {
  index: DatasetIndex;
  spec: Pick<EvaluationSpec, 'selection' | 'trainsOnUnlabeled' | 'falsePositiveRate' | 'scores'>;
  /** Of the test images; null without test images. */
  test: ImageScores | null;
  /** Of the held-out normal images, then the unlabeled ones; null where no normal images were held out. */
  reference: ImageScores | null;
  /** Scores of ensembles of every size; null where there are none. */
  curve: CurveTensors | null;
  /** Null where the dataset has no masks, or no score a map. */
  pixels: PixelEvidence | null;
}

/** What an evaluation finds. */
export interface Evaluation {
  findings: Findings;
  /** scores.csv; null without test images. */
  csv: string | null;
  /** Null where no normal images were held out. */
  heldOut: HeldOutScores | null;
}

/**
 * Evaluates a run's scores.
 * @param goesOn called now and then; false ends it
 * @returns null where it was told to end
 */
export async function evaluate(
  input: EvaluationInput,
  goesOn: () => Promise<boolean>,
): Promise<Evaluation | null> {
  const { index, spec, test } = input;
  const { images, labels } = testImages(index);
  const values = test === null ? null : valuesOf(test);
  const heldOut = heldOutOf(input, values, labels);
  const judged =
    test === null || labels === null ? { scores: null } : await judge(input, test, labels, goesOn);
  if (judged === null) return null;
  const pixels = await pixelTruthOf(input);
  return {
    findings: {
      ...judged,
      ...(pixels === null ? {} : { pixelTruth: pixels }),
      ...(heldOut === null ? {} : { calibration: heldOut.calibration, labelFree: heldOut.labelFree }),
    },
    csv: values === null ? null : scoresCsv(index, images, labels, spec.scores, values, heldOut?.pValues),
    heldOut: heldOut?.scores ?? null,
  };
}

function heldOutOf(
  { index, spec, reference }: EvaluationInput,
  test: Record<string, Float32Array> | null,
  labels: readonly number[] | null,
): HeldOutFindings | null {
  if (reference === null) return null;
  const { heldOut } = trainingPositions(index, spec);
  return heldOutFindings(valuesOf(reference), heldOut.length, spec.falsePositiveRate, test, labels);
}

async function pixelTruthOf({ index, spec, pixels }: EvaluationInput): Promise<PixelTruthResult | null> {
  if (pixels === null) return null;
  const { heldOut } = trainingPositions(index, spec);
  return pixelTruth(index, pixels, heldOut.length, spec.falsePositiveRate);
}

/** What labels of the test images tell of the scores. */
async function judge(
  { index, spec, curve }: EvaluationInput,
  test: ImageScores,
  labels: readonly number[],
  goesOn: () => Promise<boolean>,
): Promise<Findings | null> {
  const all = [...labels.keys()];
  const findings: Findings = { scores: separations(test, labels, all) };
  if (!(await goesOn())) return null;
  if (findings.scores !== null) {
    const found = await withIntervals(findings.scores, index, test, labels, goesOn);
    if (found === null) return null;
    Object.assign(findings, found);
    findings.histogramDistance = histogramDistances(test, labels);
    if (curve !== null) {
      const points = await kCurvePoints(curve, spec.scores, labels, goesOn);
      if (points === null) return null;
      findings.kCurve = points;
    }
    const pathologies = pathologyResult(index, spec, test, labels);
    if (pathologies !== undefined) findings.pathologies = pathologies;
  }
  const copies = copiesInTraining(index, spec);
  if (copies.size > 0) {
    const clean = all.filter((i) => !copies.has(i));
    findings.withoutCopies = { images: clean.length, scores: separations(test, labels, clean) };
  }
  return findings;
}

function histogramDistances(scores: ImageScores, labels: readonly number[]): Record<string, number> {
  return Object.fromEntries(
    [...scores].map(([name, { values }]) => [name, scoreHistogram(values, labels).distance]),
  );
}
