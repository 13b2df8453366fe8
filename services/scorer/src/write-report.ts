import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { recSeparation, separation } from '@ddad/anomaly';
import {
  type DatasetIndex,
  type ReportFacts,
  type RunResult,
  type RunScores,
  type ScoreName,
  scoreNames,
} from '@ddad/contract';
import { testImages } from '@ddad/dataset';
import {
  type ArtifactKind,
  decodeSafetensors,
  fetchFile,
  type ObjectStore,
  readDatasetIndex,
  readManifest,
} from '@ddad/storage';

/** Image scores of the test images, [T] each: `rec` per NDM member, the rest by name. */
interface TestScores {
  rec: Float32Array[];
  others: Map<Exclude<ScoreName, 'rec'>, Float32Array>;
}

export interface WrittenReport {
  result: RunResult;
}

async function readScores(store: ObjectStore, directory: string, kind: ArtifactKind, key: string) {
  const manifest = await readManifest(store, kind, key);
  if (manifest === null) throw new Error(`${kind} ${key}: expected it to be finished, found no manifest`);
  const path = join(directory, `${key}.safetensors`);
  await fetchFile(store, manifest, 'scores', path);
  return decodeSafetensors(await readFile(path)).tensors;
}

async function collectScores(
  store: ObjectStore,
  directory: string,
  facts: ReportFacts,
): Promise<TestScores | null> {
  const { maps } = facts.artifacts;
  if (maps === null) return null;
  const others: TestScores['others'] = new Map();
  const rec: Float32Array[] = [];
  for (const [name, { data }] of await readScores(store, directory, 'maps', maps)) {
    const member = /^rec\.(\d+)$/.exec(name);
    if (member !== null) rec[Number(member[1])] = data;
    else if (name === 'recEnsemble' || name === 'aIntra' || name === 'aInter') others.set(name, data);
  }
  for (const name of ['rIntra', 'rDual'] as const) {
    const key = facts.refined[name];
    if (key === null) continue;
    const scores = (await readScores(store, directory, 'refined', key)).get('scores');
    if (scores !== undefined) others.set(name, scores.data);
  }
  return { rec, others };
}

/** AUC and AP of every score, over the test images that `keep` names; null where they are all of one class. */
function separations(
  { rec, others }: TestScores,
  labels: readonly number[],
  keep: readonly number[],
): RunScores | null {
  const kept = keep.map((image) => labels[image]);
  if (new Set(kept).size < 2) return null;
  const pick = (scores: Float32Array) => keep.map((image) => scores[image]);
  const scores: RunScores = { rec: recSeparation(rec.map(pick), kept) };
  for (const [name, values] of others) scores[name] = separation(pick(values), kept);
  return scores;
}

/** Test images (by place among the test images) that have a copy among the training images. */
function copiesInTraining(
  index: DatasetIndex,
  images: readonly number[],
  withUnlabeled: boolean,
): Set<number> {
  const training = new Set(index.train);
  if (withUnlabeled) {
    if (index.unlabeled.labels === 'known') {
      for (const position of [...index.unlabeled.normal, ...index.unlabeled.abnormal]) training.add(position);
    } else if (index.unlabeled.labels === 'unknown') {
      for (const position of index.unlabeled.images) training.add(position);
    }
  }
  const leaked = new Set(index.copies.filter((group) => group.some((p) => training.has(p))).flat());
  return new Set(images.flatMap((position, i) => (leaked.has(position) ? [i] : [])));
}

function csvField(value: string): string {
  return /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}

function csv(
  index: DatasetIndex,
  images: readonly number[],
  labels: readonly number[] | null,
  scores: TestScores,
): string {
  const lines = images.map((position, i) => {
    const values = scoreNames.map(
      (name) => (name === 'rec' ? scores.rec[0] : scores.others.get(name))?.[i] ?? '',
    );
    return [csvField(index.images[position]), labels?.[i] ?? '', ...values].join(',');
  });
  return `${['image,label', ...scoreNames].join(',')}\n${lines.join('\n')}\n`;
}

/**
 * Writes a run's report into the store: `reports/RUN/report.json` (the result) and `reports/RUN/scores.csv` (a line per test
 * image; the label empty where unknown, a score empty where the run gives none).
 */
export async function writeReport(store: ObjectStore, facts: ReportFacts): Promise<RunResult> {
  const { datasetDigest, refined: _, ...base } = facts;
  const directory = await mkdtemp(join(tmpdir(), 'ddad-report-'));
  try {
    const index = await readDatasetIndex(store, datasetDigest);
    const { images, labels } = testImages(index);
    const found = await collectScores(store, directory, facts);
    const files: RunResult['files'] = { report: `reports/${facts.runId}/report.json`, scores: null };
    const result: RunResult = { ...base, scores: null, files };
    if (found !== null) {
      const all = images.map((_position, i) => i);
      files.scores = `reports/${facts.runId}/scores.csv`;
      await store.put(files.scores, csv(index, images, labels, found));
      if (labels !== null) {
        result.scores = separations(found, labels, all);
        const copies = copiesInTraining(
          index,
          images,
          facts.members.some(({ role }) => role === 'udm'),
        );
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
