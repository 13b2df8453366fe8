import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  artifactKey,
  sha256Schema,
  type WeightsRecord,
  type WeightsSpec,
  weightsKind,
  weightsNameSchema,
  weightsRecordKey,
  weightsRecordSchema,
} from '@ddad/contract';
import { publishArtifact } from './manifests.ts';
import { ObjectNotFound, type ObjectStore } from './object-store.ts';
import { encodeSafetensors, type NamedTensor } from './safetensors/index.ts';
import { parseStored } from './stored-json.ts';

/** Pretrained weights on their way into the store. */
export interface AddedWeights {
  name: string;
  /** Under PyTorch's names, in its layouts. */
  tensors: ReadonlyMap<string, NamedTensor>;
  /** SHA-256 of the file that they come from. */
  file: string;
  /** Who puts them there, for the manifest. */
  by: string;
  /** Default now. */
  addedAt?: Date;
}

/**
 * Stores pretrained weights as an artifact under a key that the tensors alone decide, then lets a name stand for it; a name that
 * exists is moved.
 * @throws TypeError on a name that object keys cannot carry; nothing is stored then
 */
export async function putWeights(store: ObjectStore, added: AddedWeights): Promise<WeightsRecord> {
  const name = weightsNameSchema.safeParse(added.name);
  if (!name.success) throw new TypeError(`name: ${name.error.issues[0]?.message}, got ${added.name}`);
  const content = encodeSafetensors(added.tensors);
  const spec: WeightsSpec = { format: 1, content: createHash('sha256').update(content).digest('hex') };
  const key = artifactKey(spec);
  const addedAt = added.addedAt ?? new Date();
  const record: WeightsRecord = {
    name: added.name,
    key,
    file: added.file,
    addedAt: addedAt.toISOString(),
    tensors: Object.fromEntries(Array.from(added.tensors, ([tensor, { shape }]) => [tensor, shape])),
  };
  const object = weightsRecordKey(added.name);
  const text = JSON.stringify(record, null, 2);
  // What could not be read again is not stored.
  parseStored(weightsRecordSchema, object, Buffer.from(text));
  const directory = await mkdtemp(join(tmpdir(), 'ddad-weights-'));
  try {
    const path = join(directory, 'weights.safetensors');
    await writeFile(path, content);
    await publishArtifact(store, {
      kind: weightsKind,
      key,
      spec,
      files: { weights: path },
      loss: null,
      seconds: 0,
      worker: added.by,
      environment: {},
      finishedAt: addedAt,
    });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
  // The record last: a name never stands for what is not there.
  await store.put(object, text);
  return record;
}

/**
 * @returns null where no weights have this name
 * @throws MalformedObject where the store holds something else than a record
 */
export async function readWeightsRecord(store: ObjectStore, name: string): Promise<WeightsRecord | null> {
  const object = weightsRecordKey(name);
  try {
    return parseStored(weightsRecordSchema, object, await store.get(object));
  } catch (error) {
    if (error instanceof ObjectNotFound) return null;
    throw error;
  }
}

/** All weights, by name. */
export async function listWeights(store: ObjectStore): Promise<WeightsRecord[]> {
  const suffix = '.json';
  const prefix = weightsRecordKey('').slice(0, -suffix.length);
  const entries = await store.list(prefix);
  const records = await Promise.all(
    entries.map(({ key }) => readWeightsRecord(store, key.slice(prefix.length, -suffix.length))),
  );
  return records.filter((record) => record !== null).sort((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * Takes a name away. The weights themselves stay, as runs may need them: "ddad prune --artifacts" finds those that have no name.
 * @returns what the name stood for; null where no weights have it
 */
export async function removeWeights(store: ObjectStore, name: string): Promise<WeightsRecord | null> {
  const record = await readWeightsRecord(store, name);
  if (record !== null) await store.remove([weightsRecordKey(name)]);
  return record;
}

/** Keys of the weights that a name stands for. */
export async function namedWeights(store: ObjectStore): Promise<string[]> {
  return (await listWeights(store)).map(({ key }) => key);
}

/** Keys of all weights, those without a name among them. */
export async function allWeights(store: ObjectStore): Promise<string[]> {
  const entries = await store.list(`${weightsKind}/`);
  const keys = entries.flatMap(({ key }) => key.split('/')[1] ?? []);
  return [...new Set(keys)].filter((key) => sha256Schema.safeParse(key).success);
}
