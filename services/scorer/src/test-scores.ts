import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ReportFacts, type ScoreName, scoreNames } from '@ddad/contract';
import { type ArtifactKind, decodeSafetensors, fetchFile, type ObjectStore } from '@ddad/storage';
import { finishedManifest } from './finished-manifest.ts';

/** Image scores of a set of images, the test images or the reference images, [T] each: `rec` per NDM member, the rest by name. */
export interface ImageScores {
  rec: Float32Array[];
  others: Map<Exclude<ScoreName, 'rec'>, Float32Array>;
}

/** File `scores` of an artifact. */
export async function readScores(store: ObjectStore, directory: string, kind: ArtifactKind, key: string) {
  const manifest = await finishedManifest(store, kind, key);
  const path = join(directory, `${key}.safetensors`);
  await fetchFile(store, manifest, 'scores', path);
  return decodeSafetensors(await readFile(path)).tensors;
}

/**
 * Reads scores from the artifacts that hold them.
 * @param directory for files on their way
 * @param keys of the maps and of the refined maps; null where there are none
 */
export async function readImageScores(
  store: ObjectStore,
  directory: string,
  keys: { maps: string; rIntra: string | null; rDual: string | null },
): Promise<ImageScores> {
  const others: ImageScores['others'] = new Map();
  const rec: Float32Array[] = [];
  for (const [name, { data }] of await readScores(store, directory, 'maps', keys.maps)) {
    const member = /^rec\.(\d+)$/.exec(name);
    if (member !== null) rec[Number(member[1])] = data;
    else if (name === 'recEnsemble' || name === 'aIntra' || name === 'aInter') others.set(name, data);
  }
  for (const name of ['rIntra', 'rDual'] as const) {
    const key = keys[name];
    if (key === null) continue;
    const scores = (await readScores(store, directory, 'refined', key)).get('scores');
    if (scores !== undefined) others.set(name, scores.data);
  }
  return { rec, others };
}

/** The scores of a run's test images; null where it has none. */
export async function readTestScores(
  store: ObjectStore,
  directory: string,
  { artifacts, refined }: Pick<ReportFacts, 'artifacts' | 'refined'>,
): Promise<ImageScores | null> {
  const { maps } = artifacts;
  return maps === null ? null : readImageScores(store, directory, { maps, ...refined });
}

/** The scores by name, `rec` being the first NDM member's. */
export function scoresByName({ rec, others }: ImageScores): Partial<Record<ScoreName, Float32Array>> {
  const found: Partial<Record<ScoreName, Float32Array>> = {};
  for (const name of scoreNames) {
    const values = name === 'rec' ? rec[0] : others.get(name);
    if (values !== undefined) found[name] = values;
  }
  return found;
}
