import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ReportFacts, type ScoreName, scoreNames } from '@ddad/contract';
import {
  type ArtifactKind,
  decodeSafetensors,
  fetchFile,
  type Manifest,
  type ObjectStore,
  readManifest,
} from '@ddad/storage';

/** Image scores of the test images, [T] each: `rec` per NDM member, the rest by name. */
export interface TestScores {
  rec: Float32Array[];
  others: Map<Exclude<ScoreName, 'rec'>, Float32Array>;
}

/** @throws where there is none: a report is asked for once everything has finished. */
export async function finishedManifest(
  store: ObjectStore,
  kind: ArtifactKind,
  key: string,
): Promise<Manifest> {
  const manifest = await readManifest(store, kind, key);
  if (manifest === null) throw new Error(`${kind} ${key}: expected it to be finished, found no manifest`);
  return manifest;
}

async function readScores(store: ObjectStore, directory: string, kind: ArtifactKind, key: string) {
  const manifest = await finishedManifest(store, kind, key);
  const path = join(directory, `${key}.safetensors`);
  await fetchFile(store, manifest, 'scores', path);
  return decodeSafetensors(await readFile(path)).tensors;
}

/**
 * Reads a run's scores from the artifacts that hold them.
 * @param directory for files on their way
 * @returns null where the run has no test images
 */
export async function readTestScores(
  store: ObjectStore,
  directory: string,
  facts: Pick<ReportFacts, 'artifacts' | 'refined'>,
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

/** The scores by name, `rec` being the first NDM member's. */
export function scoresByName({ rec, others }: TestScores): Partial<Record<ScoreName, Float32Array>> {
  const found: Partial<Record<ScoreName, Float32Array>> = {};
  for (const name of scoreNames) {
    const values = name === 'rec' ? rec[0] : others.get(name);
    if (values !== undefined) found[name] = values;
  }
  return found;
}
