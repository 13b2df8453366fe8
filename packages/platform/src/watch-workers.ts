import type { WorkerEntry } from '@ddad/contract';
import type { KV, KvWatchEntry } from '@nats-io/kv';
import { type EntryMessage, KnownWorkers } from './known-workers.ts';
import type { Logger } from './logger.ts';
import { isLinked, type NatsConnection, onRelink } from './nats.ts';
import { Recurring } from './recurring.ts';
import { withTimeLimit } from './time-limit.ts';
import { openWorkerBucket, type PresenceTimes, presenceTimes } from './worker-bucket.ts';

/** A standing view of the workers of all pools. */
export interface WorkerWatch {
  /** Who is there, by pool and id. */
  list(): WorkerEntry[];
  close(): Promise<void>;
}

export interface WatchOptions {
  times?: PresenceTimes;
  /** Hosts that workers may announce, as `isListed` reads it; entries with others are ignored. All unless given. */
  hosts?: string;
  /** The cluster's token: entries that nobody with the token wrote are ignored. All count unless given. */
  token?: string | undefined;
}

/** Between two tries while NATS is away or refuses, in ms. */
const retryMs = 1_000;
/** The client sees the end of an empty listing only by the server's heartbeat, after so many ms. */
const emptyListingMs = 5_000;

/**
 * Follows who is there. Entries that are deleted, expire or are no longer refreshed disappear. While NATS is away the
 * last list stands: workers are dialled on their own addresses, and a dead one is found out then. Once NATS is back, all
 * are listed anew, and the log says so.
 * @param onChange gets the whole list, by pool and id, whenever it changes; a refresh without a change is none.
 * @returns after the first listing, whether it succeeded or not.
 */
export async function watchWorkers(
  nc: NatsConnection,
  onChange: (entries: WorkerEntry[]) => void,
  logger: Logger,
  { times = presenceTimes, hosts, token }: WatchOptions = {},
): Promise<WorkerWatch> {
  const known = new KnownWorkers(logger, { hosts, token, ttlMs: times.ttlMs });
  let listed: WorkerEntry[] = [];
  let listedText = '[]';
  /** False while what is known is a part: from the moment of forgetting until all are listed. */
  let whole = false;

  const emit = () => {
    if (!whole) return;
    const now = known.entries;
    const text = JSON.stringify(now);
    if (text === listedText) return;
    listed = now;
    listedText = text;
    try {
      onChange(now);
    } catch (error) {
      // The caller's fault must not end the watch.
      logger.error({ err: error }, 'a listener for workers failed');
    }
  };

  let emitting = false;
  /** Messages come in bursts: one look at all of them will do. */
  const emitSoon = () => {
    if (emitting) return;
    emitting = true;
    setImmediate(() => {
      emitting = false;
      if (!listing.closed) emit();
    });
  };

  let bucket: KV | undefined;
  let bucketMadeAt: string | undefined;
  let stopWatching: (() => void) | undefined;

  const unwatch = () => {
    stopWatching?.();
    stopWatching = undefined;
  };

  const watch = async (from: KV) => {
    const messages = await withTimeLimit(from.watch(), times.requestMs, 'watching the workers');
    const stop = () => messages.stop();
    stopWatching = stop;
    void (async () => {
      try {
        for await (const message of messages) {
          known.learn(messageOf(message), performance.now());
          emitSoon();
        }
      } catch (error) {
        logger.debug({ err: error }, 'the watch of the workers broke off');
      }
      // Ended by the server: the next listing watches anew.
      if (stopWatching === stop) stopWatching = undefined;
    })();
  };

  const listOnce = async () => {
    bucket ??= await openWorkerBucket(nc, times, logger);
    const { streamInfo } = await withTimeLimit(bucket.status(), times.requestMs, "the bucket's status");
    if (streamInfo.created !== bucketMadeAt || streamInfo.state.last_seq < known.newest) {
      // Made anew, or put back to an earlier state: revisions start again, and those known mean nothing.
      bucketMadeAt = streamInfo.created;
      whole = false;
      known.clear();
      unwatch();
    }
    if (stopWatching === undefined) await watch(bucket);

    const newestBefore = known.newest;
    const present = new Set<string>();
    const messages = await withTimeLimit(bucket.history(), times.requestMs, 'listing the workers');
    const read = (async () => {
      for await (const message of messages) {
        present.add(message.key);
        known.learn(messageOf(message), performance.now());
      }
    })();
    try {
      await withTimeLimit(read, emptyListingMs + times.requestMs, 'listing the workers');
    } finally {
      messages.stop();
    }
    known.settle(present, newestBefore, performance.now());
    whole = true;
    emit();
  };

  /** Something was missed, or may have been, since the last listing. */
  let behind = false;
  let failing = false;
  const listing = new Recurring(async () => {
    const againMs = Math.min(times.relistMs, retryMs);
    if (!isLinked(nc)) {
      behind = true;
      return againMs;
    }
    // What the client makes of a watch that was cut off depends on the server: a new one is sure.
    if (behind) unwatch();
    try {
      await listOnce();
      if (behind) logger.info({ workers: listed.length }, 'the workers are listed again');
      behind = false;
      failing = false;
      return times.relistMs;
    } catch (error) {
      bucket = undefined;
      behind = true;
      if (!failing && !listing.closed) logger.warn({ err: error }, 'the workers cannot be listed for now');
      failing = true;
      return againMs;
    }
  });
  const endRelink = onRelink(nc, () => {
    behind = true;
    listing.wish();
  });
  await listing.first;

  return {
    list: () => listed,
    async close() {
      endRelink();
      await listing.close();
      unwatch();
    },
  };
}

function messageOf({ key, revision, operation, value }: KvWatchEntry): EntryMessage {
  return { key, revision, value: operation === 'PUT' ? value : null };
}
