import { closeSync, openSync, writeSync } from 'node:fs';
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import {
  backboneSchema,
  type HeldOutScores,
  heldOutKey,
  type RefinedSpec,
  type RunResult,
  type ScoreName,
} from '@ddad/contract';
import {
  externalWeights,
  inlineWeights,
  type PipelineFacts,
  type PipelineMap,
  type PipelineWeights,
  pipelineModel,
  type Weights,
} from '@ddad/onnx';
import { mapScale } from '@ddad/report/map-scale';
import {
  type ArtifactKind,
  artifactKey,
  decodeSafetensors,
  fetchFile,
  ObjectNotFound,
  type ObjectStore,
  readManifest,
} from '@ddad/storage';
import { CommandFailure } from '../failure.ts';

/** Weights of more bytes go into a file of their own beside the model: protobuf takes no more than 2 GB. */
const largestInline = 2 ** 30;

/**
 * Writes a finished run's whole scorer as an ONNX file, which appears only once it is whole. Where the weights are more than
 * a gigabyte they lie in FILE.data beside it.
 * @returns what the file says of itself, and the names of what was written
 * @throws CommandFailure where a part of the run is missing, or is of a kind that cannot be exported
 */
export async function exportRun(
  store: ObjectStore,
  result: RunResult,
  file: string,
): Promise<{ facts: PipelineFacts; files: string[] }> {
  const directory = await mkdtemp(join(dirname(file), '.ddad-export-'));
  try {
    const facts = await pipelineFacts(store, result, directory);
    const { weights, bytes } = await pipelineWeights(store, facts, directory);
    const part = join(directory, 'model.onnx');
    if (bytes <= largestInline) {
      await writeFile(part, await pipelineModel(facts, weights, inlineWeights));
      await rename(part, file);
      return { facts, files: [file] };
    }
    const data = `${file}.data`;
    const partOfData = join(directory, 'model.data');
    const descriptor = openSync(partOfData, 'w');
    try {
      const sink = externalWeights(basename(data), (chunk) => void writeSync(descriptor, chunk));
      await writeFile(part, await pipelineModel(facts, weights, sink));
    } finally {
      closeSync(descriptor);
    }
    await rename(partOfData, data);
    await rename(part, file);
    return { facts, files: [file, data] };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Reads one of an artifact's files, verified. */
async function read(
  store: ObjectStore,
  { kind, key }: { kind: ArtifactKind; key: string },
  name: string,
  directory: string,
): Promise<Weights> {
  const manifest = await readManifest(store, kind, key);
  if (manifest === null) throw new CommandFailure(`${kind} ${key}: expected it in the store, found nothing`);
  const path = join(directory, 'artifact.safetensors');
  await fetchFile(store, manifest, name, path);
  return decodeSafetensors(await readFile(path)).tensors;
}

async function pipelineWeights(
  store: ObjectStore,
  { members, refiners }: PipelineFacts,
  directory: string,
): Promise<{ weights: PipelineWeights; bytes: number }> {
  const keys = [...members.ndm, ...members.udm];
  const manifest = await readManifest(store, 'members', keys[0]!);
  return {
    // Members of a run are of one size.
    bytes: keys.length * (manifest?.files.weights?.bytes ?? 0),
    weights: {
      member: (role, index) =>
        read(store, { kind: 'members', key: members[role][index]! }, 'weights', directory),
      refiner: (name) => read(store, { kind: 'refiners', key: refiners[name]! }, 'weights', directory),
    },
  };
}

async function pipelineFacts(
  store: ObjectStore,
  result: RunResult,
  directory: string,
): Promise<PipelineFacts> {
  const { runId, dataset, members, artifacts } = result;
  const backbone = backboneSchema.safeParse(result.backbone);
  if (!backbone.success)
    throw new CommandFailure(`backbone ${result.backbone}: this version knows none such`);
  const keysOf = (role: string) => members.filter((member) => member.role === role).map(({ key }) => key);
  const first = await readManifest(store, 'members', members[0]!.key);
  const { imageSize = 64, dropout } = (first?.spec ?? {}) as { imageSize?: number; dropout?: number };
  if (dropout !== undefined) {
    throw new CommandFailure('a run of MC Dropout cannot be exported: its passes need random masks');
  }
  const scales = await mapScales(store, artifacts, directory);
  const calibration = await calibrationOf(store, result);
  return {
    format: 1,
    kind: 'pipeline',
    runId,
    dataset,
    backbone: backbone.data,
    members: { ndm: keysOf('ndm'), udm: keysOf('udm') },
    refiners: { rIntra: artifacts.rIntra, rDual: artifacts.rDual },
    imageSize,
    ...(scales === null ? {} : { scales }),
    ...(calibration === null ? {} : { calibration }),
  };
}

/** The colour scales of the run's report, so that a new image's heat maps look as those of the report; null without test images. */
async function mapScales(
  store: ObjectStore,
  { maps, rIntra, rDual }: RunResult['artifacts'],
  directory: string,
): Promise<Partial<Record<PipelineMap, number>> | null> {
  if (maps === null) return null;
  const scales: Partial<Record<PipelineMap, number>> = {};
  for (const [name, { data }] of await read(store, { kind: 'maps', key: maps }, 'maps', directory)) {
    if (name === 'recEnsemble' || name === 'aIntra' || name === 'aInter') scales[name] = mapScale(data).end;
  }
  for (const [name, refiner] of Object.entries({ rIntra, rDual }) as ['rIntra' | 'rDual', string | null][]) {
    if (refiner === null) continue;
    const key = artifactKey({ maps, refiner } satisfies RefinedSpec);
    const refined = (await read(store, { kind: 'refined', key }, 'maps', directory)).get('maps');
    if (refined !== undefined) scales[name] = mapScale(refined.data).end;
  }
  return scales;
}

async function calibrationOf(
  store: ObjectStore,
  { runId, calibration }: RunResult,
): Promise<PipelineFacts['calibration'] | null> {
  if (calibration === undefined) return null;
  let heldOut: HeldOutScores;
  try {
    heldOut = JSON.parse((await store.get(heldOutKey(runId))).toString('utf8')) as HeldOutScores;
  } catch (error) {
    // A run from before these were kept: it has thresholds, but gives no p-values.
    if (!(error instanceof ObjectNotFound)) throw error;
    heldOut = {};
  }
  const { falsePositiveRate, thresholds } = calibration;
  const limits: Partial<Record<ScoreName, number>> = {};
  for (const [name, found] of Object.entries(thresholds ?? {})) limits[name as ScoreName] = found.threshold;
  return { falsePositiveRate, thresholds: thresholds === null ? null : limits, heldOut };
}
