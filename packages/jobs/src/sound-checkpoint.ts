import { join } from 'node:path';
import type { Logger } from '@ddad/platform';
import {
  type ArtifactKind,
  type Checkpoint,
  DamagedCheckpoint,
  fetchCheckpoint,
  LocalFault,
  listCheckpoints,
  MalformedSafetensors,
  NotFinite,
  type ObjectStore,
  StoreError,
  setAsideCheckpoint,
} from '@ddad/storage';
import { MalformedCheckpoint, verifyCheckpointFile } from './checkpoint-file.ts';

/** A read may break off by chance once, and bytes may change on their way. */
const tries = 2;

/** What the machine lacks, and no store is to blame for. */
const localFaults: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EMFILE', 'ENFILE', 'EROFS', 'EIO']);

/** A checkpoint on local disk. */
export interface FetchedCheckpoint extends Checkpoint {
  path: string;
}

interface Place {
  store: ObjectStore;
  kind: ArtifactKind;
  key: string;
  logger: Logger;
}

/**
 * Fetches the checkpoint with the most work that is sound: its bytes are those that were put, and a training may go on from
 * them as far as can be told without the network. A damaged one is set aside and named in the log.
 * @param directory where it is put
 * @returns null where there is none: the work begins anew
 * @throws StoreError where the store is away; LocalFault, or the system's error, where this machine can hold no checkpoint
 */
export async function fetchSoundCheckpoint(
  place: Place,
  directory: string,
): Promise<FetchedCheckpoint | null> {
  const { store, kind, key, logger } = place;
  const path = join(directory, 'resume.safetensors');
  const failures = new Map<string, number>();
  for (;;) {
    // Asked for anew each time: a store that is away must fail the attempt, not cost the checkpoint. Where it answers
    // and one object cannot be read, as when a disk lost part of it, no later attempt would do better.
    const all = await listCheckpoints(store, kind, key);
    const best = all.find(({ object }) => (failures.get(object) ?? 0) < tries);
    if (best === undefined) return null;
    const { object, done: steps } = best;
    try {
      await fetchCheckpoint(store, best, path);
      await verifyCheckpointFile(path);
      logger.info({ key, steps, object }, 'going on from a checkpoint');
      return { ...best, path };
    } catch (err) {
      if (isLocal(err)) throw err;
      const failed = (failures.get(object) ?? 0) + 1;
      failures.set(object, failed);
      logger.warn({ err, key, steps, object }, 'a checkpoint could not be read');
      // Of the right digest and wrong all the same: it was stored so.
      if (isUnsound(err)) failures.set(object, tries);
      if (isUnsound(err) || (err instanceof DamagedCheckpoint && failed >= tries)) {
        await setAside(place, { ...best, path }, err.message);
      }
    }
  }
}

/**
 * Sets a checkpoint aside that was fetched, and says so.
 * @returns false where the rights are missing: who lists the checkpoints finds it again
 * @throws StoreError where the store is away
 */
export async function setAside(
  { store, key, logger }: Place,
  checkpoint: FetchedCheckpoint,
  fault: string,
): Promise<boolean> {
  const { object, done: steps, path } = checkpoint;
  try {
    const aside = await setAsideCheckpoint(store, checkpoint, path);
    logger.warn({ key, steps, object, setAside: aside, fault }, 'a damaged checkpoint is set aside');
    return true;
  } catch (err) {
    if (!(err instanceof StoreError && err.refused)) throw err;
    logger.warn({ err, key, object }, 'a damaged checkpoint could not be set aside');
    return false;
  }
}

function isUnsound(error: unknown): error is Error {
  return (
    error instanceof MalformedSafetensors ||
    error instanceof NotFinite ||
    error instanceof MalformedCheckpoint
  );
}

function isLocal(error: unknown): boolean {
  if (error instanceof LocalFault) return true;
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && localFaults.has(code);
}
