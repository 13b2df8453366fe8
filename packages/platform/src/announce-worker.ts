import { describeFaults, type WorkerEntry, workerEntrySchema, workerKey } from '@ddad/contract';
import type { KV } from '@nats-io/kv';
import { EntrySeal } from './entry-seal.ts';
import type { Logger } from './logger.ts';
import { isLinked, type NatsConnection, onRelink } from './nats.ts';
import { Recurring } from './recurring.ts';
import { withTimeLimit } from './time-limit.ts';
import { openWorkerBucket, type PresenceTimes, presenceTimes } from './worker-bucket.ts';

/** A worker's standing entry among the workers. */
export interface Announcement {
  /** Changes the entry; the change is sent at once. */
  update(patch: Partial<Pick<WorkerEntry, 'keys' | 'leaving' | 'unfit'>>): void;
  /** Removes the entry; where NATS is away it expires by itself. Never throws. */
  close(): Promise<void>;
}

export interface AnnounceOptions {
  times?: PresenceTimes;
  /** The cluster's token: shows watchers that the entry is one of its own. */
  token?: string | undefined;
}

/** Between two tries while NATS is away or refuses, in ms. */
const retryMs = 1_000;

/**
 * Announces a worker and keeps its entry fresh until closed. NATS being away never throws and loses nothing but time:
 * the entry is put again as soon as the server is back, the bucket made anew where it is gone.
 * @returns after the first attempt, whether it succeeded or not.
 * @throws where the entry is none that watchers take; names every fault
 */
export async function announceWorker(
  nc: NatsConnection,
  entry: WorkerEntry,
  logger: Logger,
  { times = presenceTimes, token }: AnnounceOptions = {},
): Promise<Announcement> {
  const parsed = workerEntrySchema.safeParse(entry);
  if (!parsed.success) {
    const faults = parsed.error.issues.map(({ path, message }) => ({ path: path.join('.'), message }));
    throw new Error(
      `a worker cannot announce itself as ${entry.pool} ${entry.id}:\n${describeFaults(faults)}`,
    );
  }
  const key = workerKey(entry);
  const seal = new EntrySeal(token);
  let current = parsed.data;
  let bucket: KV | undefined;
  let failing = false;

  const putting = new Recurring(async () => {
    const againMs = Math.min(times.refreshMs, retryMs);
    // Requests made while cut off would pile up in the client.
    if (!isLinked(nc)) return againMs;
    try {
      bucket ??= await openWorkerBucket(nc, times, logger);
      await bucket.put(key, seal.close(current), { timeout: times.requestMs });
      if (failing) logger.info('announced again');
      failing = false;
      return times.refreshMs;
    } catch (error) {
      // The bucket may be gone with the server's disk.
      bucket = undefined;
      if (!failing) logger.warn({ err: error }, 'the worker cannot be announced for now');
      failing = true;
      return againMs;
    }
  });
  const endRelink = onRelink(nc, () => putting.wish());
  await putting.first;

  return {
    update(patch) {
      current = { ...current, ...patch };
      putting.wish();
    },
    async close() {
      if (putting.closed) return;
      endRelink();
      await putting.close();
      try {
        if (!isLinked(nc)) return;
        bucket ??= await openWorkerBucket(nc, times, logger);
        // Nobody can sign that a key is deleted: watchers believe it of a worker that leaves.
        const farewell = bucket.put(key, seal.close({ ...current, leaving: true }), {
          timeout: times.requestMs,
        });
        await farewell;
        await withTimeLimit(bucket.delete(key), times.requestMs, "deleting the worker's entry");
      } catch (error) {
        logger.warn({ err: error }, "the worker's entry could not be deleted; it expires by itself");
      }
    },
  };
}
