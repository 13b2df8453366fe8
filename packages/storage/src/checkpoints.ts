import type { ArtifactKind } from '@ddad/contract';
import { checkpointPrefix } from './artifact-objects.ts';
import type { ObjectStore } from './object-store.ts';

/** A stored checkpoint: everything needed to go on after `done` units of work. */
export interface Checkpoint {
  /** Object key. */
  object: string;
  /** Units of work in it: training steps. */
  done: number;
}

// As many as whole numbers that a double holds exactly need: attempts may be times, and steps may be very many.
const digits = 16;

/** All checkpoints of an artifact: those with the most work first, of equal ones the newest attempt's. */
export async function listCheckpoints(
  store: ObjectStore,
  kind: ArtifactKind,
  key: string,
): Promise<Checkpoint[]> {
  const prefix = checkpointPrefix(kind, key);
  const entries = await store.list(prefix);
  return entries
    .flatMap(({ key: object }) => {
      const match = /^(\d+)-(\d+)\.safetensors$/.exec(object.slice(prefix.length));
      return match === null ? [] : [{ object, attempt: Number(match[1]), done: Number(match[2]) }];
    })
    .sort((a, b) => b.done - a.done || b.attempt - a.attempt)
    .map(({ object, done }) => ({ object, done }));
}

/**
 * Stores a checkpoint under its attempt, then removes those of the same artifact that hold less work. An attempt that
 * was given up and still trains may do so too: checkpoints of one key and step are interchangeable.
 * @param attempt from 0 to 2^53 - 1
 * @param done units of work in it (training steps), from 0 to 2^53 - 1
 */
export async function saveCheckpoint(
  store: ObjectStore,
  kind: ArtifactKind,
  key: string,
  attempt: number,
  done: number,
  path: string,
): Promise<void> {
  const name = `${padded(attempt, 'attempt')}-${padded(done, 'done')}.safetensors`;
  await store.putFile(checkpointPrefix(kind, key) + name, path);
  const older = (await listCheckpoints(store, kind, key)).filter((checkpoint) => checkpoint.done < done);
  await store.remove(older.map((checkpoint) => checkpoint.object));
}

/** The first of `listCheckpoints`; null where there is none. */
export async function latestCheckpoint(
  store: ObjectStore,
  kind: ArtifactKind,
  key: string,
): Promise<Checkpoint | null> {
  const [latest] = await listCheckpoints(store, kind, key);
  return latest ?? null;
}

/** Removes all checkpoints of an artifact; for when it is published. */
export async function removeCheckpoints(store: ObjectStore, kind: ArtifactKind, key: string): Promise<void> {
  const all = await store.list(checkpointPrefix(kind, key));
  await store.remove(all.map((entry) => entry.key));
}

function padded(value: number, what: string): string {
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new RangeError(`checkpoint: expected ${what} from 0 to ${Number.MAX_SAFE_INTEGER}, got ${value}`);
  }
  return String(value).padStart(digits, '0');
}
