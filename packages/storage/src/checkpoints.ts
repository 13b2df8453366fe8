import type { ArtifactKind } from '@ddad/contract';
import { checkpointPrefix } from './artifact-objects.ts';
import { fileDigest } from './file-digest.ts';
import type { ObjectStore } from './object-store.ts';

/** A stored checkpoint: everything needed to go on after `done` units of work. */
export interface Checkpoint {
  /** Object key. Its name holds the digest: no second object that could be missing, none that could be older. */
  object: string;
  /** Units of work in it: training steps. */
  done: number;
  /** Of its content, hexadecimal. */
  sha256: string;
}

/** A stored checkpoint holds other bytes than were put. */
export class DamagedCheckpoint extends Error {
  override readonly name = 'DamagedCheckpoint';

  constructor({ object, sha256 }: Checkpoint, actual: { sha256: string; bytes: number }) {
    super(
      `${object}: expected content with SHA-256 ${sha256}, got ${actual.bytes} bytes with ${actual.sha256}`,
    );
  }
}

// As many as whole numbers that a double holds exactly need: attempts may be times, and steps may be very many.
const digits = 16;

/** Of one that was damaged, before the name that it had. */
const setAsideMark = 'set-aside-';

/** All checkpoints of an artifact but those set aside: those with the most work first, of equal ones the newest attempt's. */
export async function listCheckpoints(
  store: ObjectStore,
  kind: ArtifactKind,
  key: string,
): Promise<Checkpoint[]> {
  const prefix = checkpointPrefix(kind, key);
  const entries = await store.list(prefix);
  return entries
    .flatMap(({ key: object }) => {
      const [, attempt, done, sha256] =
        /^(\d+)-(\d+)-([0-9a-f]{64})\.safetensors$/.exec(object.slice(prefix.length)) ?? [];
      if (sha256 === undefined) return [];
      return [{ object, attempt: Number(attempt), done: Number(done), sha256 }];
    })
    .sort((a, b) => b.done - a.done || b.attempt - a.attempt)
    .map(({ object, done, sha256 }) => ({ object, done, sha256 }));
}

/**
 * Stores a checkpoint under its attempt and digest. Of those that hold less work the one with the most is kept, for the case
 * that this one is damaged, and the others are removed. An attempt that was given up and still trains may do so too:
 * checkpoints of one key and step are interchangeable.
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
  const place = `${padded(attempt, 'attempt')}-${padded(done, 'done')}`;
  const { sha256 } = await fileDigest(path);
  await store.putFile(`${checkpointPrefix(kind, key)}${place}-${sha256}.safetensors`, path);
  const behind = (await listCheckpoints(store, kind, key)).filter((checkpoint) => checkpoint.done < done);
  await store.remove(behind.slice(1).map((checkpoint) => checkpoint.object));
}

/**
 * Copies a checkpoint to `destination`.
 * @throws DamagedCheckpoint where it holds other bytes than were put; `destination` holds them then, for `setAsideCheckpoint`
 */
export async function fetchCheckpoint(
  store: ObjectStore,
  checkpoint: Checkpoint,
  destination: string,
): Promise<void> {
  await store.getToFile(checkpoint.object, destination);
  const actual = await fileDigest(destination);
  if (actual.sha256 !== checkpoint.sha256) throw new DamagedCheckpoint(checkpoint, actual);
}

/**
 * Takes a checkpoint that nobody can go on from out of the list: it lies beside the others under another name until the
 * artifact is published.
 * @param path what `fetchCheckpoint` copied
 * @returns the object that holds it now
 */
export async function setAsideCheckpoint(
  store: ObjectStore,
  { object }: Checkpoint,
  path: string,
): Promise<string> {
  const slash = object.lastIndexOf('/') + 1;
  const setAside = object.slice(0, slash) + setAsideMark + object.slice(slash);
  await store.putFile(setAside, path);
  await store.remove([object]);
  return setAside;
}

/** Whether an object is a checkpoint that was set aside. */
export function isCheckpointSetAside(object: string): boolean {
  return object.slice(object.lastIndexOf('/') + 1).startsWith(setAsideMark);
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

/** Removes all checkpoints of an artifact, those set aside too; for when it is published. */
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
