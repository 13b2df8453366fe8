import type { TrainerEntry } from '@ddad/contract';
import type { KV, KvWatchEntry } from '@nats-io/kv';
import type { Logger } from './logger.ts';
import { isLinked, type NatsConnection, onRelink } from './nats.ts';
import { withTimeLimit } from './time-limit.ts';
import {
  openTrainerBucket,
  type PresenceTimes,
  presenceTimes,
  trainerEntrySchema,
} from './trainer-bucket.ts';

/** A standing view of the trainers. */
export interface TrainerWatch {
  /** Who is there, by id. */
  list(): TrainerEntry[];
  close(): Promise<void>;
}

/** What is known under one key of the bucket. */
interface Known {
  /** Null where the entry was deleted, has expired or is no trainer's. */
  entry: TrainerEntry | null;
  revision: number;
  /** When this revision was first seen here, on this process's own monotonic clock. */
  seenAt: number;
}

/**
 * Follows who is there. Entries that are deleted, expire or are no longer refreshed disappear. While NATS is away the
 * last list stands: trainers are dialled on their own addresses, and a dead one is found out then.
 * @param onChange gets the whole list, by id, whenever it changes; a refresh without a change is none.
 * @returns after the first listing, whether it succeeded or not.
 */
export async function watchTrainers(
  nc: NatsConnection,
  onChange: (entries: TrainerEntry[]) => void,
  logger: Logger,
  times: PresenceTimes = presenceTimes,
): Promise<TrainerWatch> {
  const known = new Map<string, Known>();
  let listed: TrainerEntry[] = [];
  let listedText = '[]';
  let ignored = 0;

  const emit = () => {
    const now = [...known.values()]
      .flatMap(({ entry }) => entry ?? [])
      .sort((a, b) => (a.id < b.id ? -1 : 1));
    const text = JSON.stringify(now);
    if (text === listedText) return;
    listed = now;
    listedText = text;
    try {
      onChange(now);
    } catch (error) {
      // The caller's fault must not end the watch.
      logger.error({ err: error }, 'a listener for trainers failed');
    }
  };

  const learn = (message: KvWatchEntry) => {
    const before = known.get(message.key);
    // Watch and listing overlap; only what is newer counts.
    if (before !== undefined && before.revision >= message.revision) return;
    known.set(message.key, {
      entry: message.operation === 'PUT' ? read(message) : null,
      revision: message.revision,
      seenAt: performance.now(),
    });
  };

  const read = (message: KvWatchEntry): TrainerEntry | null => {
    try {
      const entry = trainerEntrySchema.parse(message.json());
      if (entry.id === message.key) return entry;
      throw new Error(`expected id ${message.key}, got ${entry.id}`);
    } catch (error) {
      ignored += 1;
      const reason = error instanceof Error ? error.message : String(error);
      logger.warn({ key: message.key, reason, ignored }, "ignored an entry that is no trainer's");
      return null;
    }
  };

  let bucket: KV | undefined;
  let bucketMadeAt: string | undefined;
  let stopWatching: (() => void) | undefined;

  const watch = async (from: KV) => {
    stopWatching?.();
    stopWatching = undefined;
    const messages = await withTimeLimit(from.watch(), times.requestMs, 'watching the trainers');
    const stop = () => messages.stop();
    stopWatching = stop;
    void (async () => {
      for await (const message of messages) {
        learn(message);
        emit();
      }
      // Ended by the server: the next listing watches anew.
      if (stopWatching === stop) stopWatching = undefined;
    })();
  };

  const listOnce = async () => {
    bucket ??= await openTrainerBucket(nc, times, logger);
    const { streamInfo } = await withTimeLimit(bucket.status(), times.requestMs, "the bucket's status");
    if (streamInfo.created !== bucketMadeAt) {
      // Made anew: its revisions start again from 1, and those known mean nothing.
      bucketMadeAt = streamInfo.created;
      known.clear();
      stopWatching?.();
      stopWatching = undefined;
    }
    if (stopWatching === undefined) await watch(bucket);

    const newestBefore = Math.max(0, ...[...known.values()].map((one) => one.revision));
    const present = new Set<string>();
    const messages = await withTimeLimit(bucket.history(), times.requestMs, 'listing the trainers');
    try {
      await withTimeLimit(
        (async () => {
          for await (const message of messages) {
            present.add(message.key);
            learn(message);
          }
        })(),
        // The client sees the end of an empty listing only by the server's heartbeat after 5 s.
        5_000 + times.requestMs,
        'listing the trainers',
      );
    } finally {
      messages.stop();
    }
    const now = performance.now();
    for (const [key, one] of known) {
      if (!present.has(key) && one.revision <= newestBefore) known.delete(key);
      // Where the bucket is one that keeps entries for longer, or for ever.
      else if (now - one.seenAt > times.ttlMs) one.entry = null;
    }
    emit();
  };

  let closed = false;
  let failing = false;
  let timer: NodeJS.Timeout | undefined;
  let listing: Promise<void> | undefined;
  let again = false;

  /** One listing at a time; a wish that comes meanwhile is met right after. */
  const list = (): Promise<void> => {
    if (closed) return Promise.resolve();
    if (listing !== undefined) {
      again = true;
      return listing;
    }
    clearTimeout(timer);
    listing = (async () => {
      do {
        again = false;
        if (!isLinked(nc)) break;
        try {
          await listOnce();
          if (failing) logger.info('trainers are visible again');
          failing = false;
        } catch (error) {
          bucket = undefined;
          stopWatching?.();
          stopWatching = undefined;
          if (!failing && !closed) logger.warn({ err: error }, 'trainers cannot be listed for now');
          failing = true;
        }
      } while (again && !closed);
      listing = undefined;
      if (!closed) timer = setTimeout(list, failing ? Math.min(times.relistMs, 1_000) : times.relistMs);
    })();
    return listing;
  };

  const endRelink = onRelink(nc, () => void list());
  await list();

  return {
    list: () => listed,
    async close() {
      if (closed) return;
      closed = true;
      clearTimeout(timer);
      endRelink();
      await listing;
      stopWatching?.();
      stopWatching = undefined;
    },
  };
}
