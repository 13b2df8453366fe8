import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { ObjectNotFound, type ObjectStore, StoreError } from './object-store.ts';

/** What was tried of a store that kept its promises. */
export interface PromiseProof {
  /** Rounds that were finished; fewer than asked for where the store is slow. */
  rounds: number;
  seconds: number;
}

/** A store on which an artifact could be published twice, or a reader see what is no more. */
export class UnfitStore extends Error {
  override readonly name = 'UnfitStore';

  constructor(reason: string) {
    super(
      `object store: ${reason}. Members and other artifacts could be lost or mixed up; expected an S3 store with atomic ` +
        'conditional PUTs (If-None-Match: *) and reads that see every finished write',
    );
  }
}

export interface PromiseTrial {
  /** Below which objects are put, read and removed again. */
  prefix?: string;
  /** Conditional PUTs of one key at a time. Default 64. */
  writers?: number;
  /** Default 20. */
  rounds?: number;
  /** Time after which what was seen so far decides, in milliseconds. Default 5 s. */
  limitMs?: number;
}

/**
 * Tries what everything else relies on: of many conditional PUTs of one key at once one wins, its bytes are those that are stored,
 * and reads and lists see every write and removal that was finished before. Leaves no objects behind.
 * @returns what was tried; a store that is slow has shown it in fewer rounds, in one at least
 * @throws UnfitStore with the reason, within `limitMs`; StoreError where a call fails, or not one round is answered in that time,
 * which says nothing of the store but that it is slow
 */
export async function provePromises(store: ObjectStore, trial: PromiseTrial = {}): Promise<PromiseProof> {
  const { prefix = 'probes/', writers = 64, rounds = 20, limitMs = 5000 } = trial;
  const place = `${prefix}${randomUUID()}/`;
  const began = performance.now();
  const stop = new AbortController();
  const timeUp = delay(limitMs, undefined, { signal: stop.signal }).catch(() => {});
  let finished = 0;
  const trying = (async () => {
    while (finished < rounds && !stop.signal.aborted) {
      await tryOnce(store, place, writers, finished);
      finished += 1;
    }
  })();
  // Whatever came of it, and whenever: where time is up, a round still goes on.
  const cleaned = trying.then(
    () => removeAll(store, place),
    () => removeAll(store, place),
  );
  cleaned.catch(() => {});
  try {
    await Promise.race([trying, timeUp]);
    const seen = finished;
    if (seen === 0) {
      throw new StoreError(
        `object store: not one round of ${writers} conditional PUTs was answered within ${limitMs} ms`,
        'DeadlineExceeded',
      );
    }
    if (seen === rounds) await cleaned;
    return { rounds: seen, seconds: (performance.now() - began) / 1000 };
  } catch (error) {
    await Promise.race([cleaned.catch(() => {}), timeUp]);
    throw error;
  } finally {
    stop.abort();
  }
}

async function tryOnce(store: ObjectStore, place: string, writers: number, round: number): Promise<void> {
  const contested = `${place}contested-${round}`;
  const values = Array.from({ length: writers }, (_, writer) => `round ${round}, writer ${writer}`);
  const won = await Promise.all(values.map((value) => store.putIfAbsent(contested, value)));
  const winners = values.filter((_, writer) => won[writer]);
  if (winners.length !== 1) {
    throw new UnfitStore(
      `of ${writers} conditional PUTs of one key at once, one may win; ${winners.length} did (round ${round + 1})`,
    );
  }
  const stored = await readText(store, contested);
  if (stored !== winners[0]) {
    throw new UnfitStore(
      `a conditional PUT won ("${winners[0]}"), and ${described(stored)} is stored (round ${round + 1})`,
    );
  }
  if (await store.putIfAbsent(contested, 'late')) {
    throw new UnfitStore(`a conditional PUT replaced an object that was there (round ${round + 1})`);
  }

  const rewritten = `${place}rewritten`;
  const value = `round ${round}`;
  await store.put(rewritten, value);
  const read = await readText(store, rewritten);
  if (read !== value) {
    throw new UnfitStore(`"${value}" was put, and ${described(read)} is read after it`);
  }
  const keys = (await store.list(place)).map(({ key }) => key);
  for (const key of [contested, rewritten]) {
    if (!keys.includes(key)) throw new UnfitStore('an object was put, and a list after it does not name it');
  }
  await store.remove([contested]);
  if ((await readText(store, contested)) !== null) {
    throw new UnfitStore('an object was removed, and can be read after it');
  }
}

/** @returns null where there is no such object */
async function readText(store: ObjectStore, key: string): Promise<string | null> {
  try {
    return (await store.get(key)).toString('utf8');
  } catch (error) {
    if (error instanceof ObjectNotFound) return null;
    throw error;
  }
}

function described(text: string | null): string {
  return text === null ? 'nothing' : `"${text}"`;
}

async function removeAll(store: ObjectStore, place: string): Promise<void> {
  await store.remove((await store.list(place)).map(({ key }) => key));
}
