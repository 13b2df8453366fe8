import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { scoreHistogram } from '@ddad/anomaly';
import {
  type DatasetIndex,
  heldOutKey,
  type ReportFacts,
  type RunResult,
  type ScoreName,
  scoreNames,
} from '@ddad/contract';
import { testImages } from '@ddad/dataset';
import { type ObjectStore, readDatasetIndex } from '@ddad/storage';
import { copiesInTraining } from './copies-in-training.ts';
import { type HeldOutFindings, heldOutFindings } from './held-out-findings.ts';
import { kCurvePoints } from './k-curve-points.ts';
import { pathologyResult } from './pathology-result.ts';
import { scoresCsv } from './scores-csv.ts';
import { separations } from './separations.ts';
import { readImageScores, readScores, readTestScores, scoresByName } from './test-scores.ts';
import { trainingPositions } from './training-positions.ts';

function histogramDistances(
  scores: Partial<Record<ScoreName, Float32Array>>,
  labels: readonly number[],
): Partial<Record<ScoreName, number>> {
  const found: Partial<Record<ScoreName, number>> = {};
  for (const name of scoreNames) {
    const values = scores[name];
    if (values !== undefined) found[name] = scoreHistogram(values, labels).distance;
  }
  return found;
}

/** What the run's held-out normal images tell; null where there are none. */
async function readHeldOut(
  store: ObjectStore,
  directory: string,
  facts: ReportFacts,
  index: DatasetIndex,
  test: { scores: Partial<Record<ScoreName, Float32Array>> | null; labels: readonly number[] | null },
): Promise<HeldOutFindings | null> {
  if (facts.reference === undefined) return null;
  const reference = scoresByName(await readImageScores(store, directory, facts.reference));
  const { heldOut } = trainingPositions(index, facts);
  return heldOutFindings(reference, heldOut.length, facts, test.scores, test.labels);
}

/**
 * Writes a run's figures into the store: `reports/RUN/report.json` (the result), `reports/RUN/scores.csv` and, where there are
 * held-out images, `reports/RUN/held-out.json`. The result
 * also names the page, which `writePage` writes.
 */
export async function writeReport(store: ObjectStore, facts: ReportFacts): Promise<RunResult> {
  const { datasetDigest, refined: _refined, reference: _reference, input: _input, ...base } = facts;
  const directory = await mkdtemp(join(tmpdir(), 'ddad-report-'));
  try {
    const index = await readDatasetIndex(store, datasetDigest);
    const { images, labels } = testImages(index);
    const found = await readTestScores(store, directory, facts);
    const place = `reports/${facts.runId}`;
    const files: RunResult['files'] = {
      report: `${place}/report.json`,
      page: `${place}/report.html`,
      scores: null,
    };
    const result: RunResult = { ...base, scores: null, files };
    const scores = found === null ? null : scoresByName(found);
    const heldOut = await readHeldOut(store, directory, facts, index, { scores, labels });
    if (heldOut !== null) {
      result.calibration = heldOut.calibration;
      result.labelFree = heldOut.labelFree;
      await store.put(heldOutKey(facts.runId), JSON.stringify(heldOut.scores));
    }
    if (found !== null && scores !== null) {
      const all = images.map((_position, i) => i);
      files.scores = `${place}/scores.csv`;
      await store.put(files.scores, scoresCsv(index, images, labels, scores, heldOut?.pValues));
      if (labels !== null) {
        result.scores = separations(found, labels, all);
        if (result.scores !== null) {
          result.histogramDistance = histogramDistances(scores, labels);
          const { kCurve } = facts.artifacts;
          if (kCurve !== undefined) {
            const tensors = await readScores(store, directory, 'kcurves', kCurve);
            result.kCurve = await kCurvePoints(tensors, labels);
          }
          const pathologies = pathologyResult(index, facts, found, labels);
          if (pathologies !== undefined) result.pathologies = pathologies;
        }
        const copies = copiesInTraining(index, facts);
        if (copies.size > 0) {
          const clean = all.filter((i) => !copies.has(i));
          result.withoutCopies = { images: clean.length, scores: separations(found, labels, clean) };
        }
      }
    }
    await store.put(files.report, `${JSON.stringify(result, null, 2)}\n`);
    return result;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
