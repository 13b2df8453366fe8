import type { TrainerEntry } from '@ddad/contract';
import type { KV } from '@nats-io/kv';
import type { Logger } from './logger.ts';
import { isLinked, type NatsConnection, onRelink } from './nats.ts';
import { withTimeLimit } from './time-limit.ts';
import { openTrainerBucket, type PresenceTimes, presenceTimes } from './trainer-bucket.ts';

/** A trainer's standing entry among the trainers. */
export interface Announcement {
  /** Changes the entry; the change is sent at once. */
  update(patch: Partial<Omit<TrainerEntry, 'id'>>): void;
  /** Removes the entry; where NATS is away it expires by itself. Never throws. */
  close(): Promise<void>;
}

/**
 * Announces a trainer and keeps its entry fresh until closed. NATS being away never throws and loses nothing but time:
 * the entry is put again as soon as the server is back, the bucket made anew where it is gone.
 * @returns after the first attempt, whether it succeeded or not.
 * @throws where the id cannot be a key of the bucket.
 */
export async function announceTrainer(
  nc: NatsConnection,
  entry: TrainerEntry,
  logger: Logger,
  times: PresenceTimes = presenceTimes,
): Promise<Announcement> {
  if (!/^[-\w=/]+(\.[-\w=/]+)*$/.test(entry.id)) {
    throw new Error(
      `expected a trainer id of letters, digits, "-", "_", "=", "/" and inner ".", got ${JSON.stringify(entry.id)}`,
    );
  }
  let current: TrainerEntry = { ...entry };
  let bucket: KV | undefined;
  let failing = false;
  let closed = false;
  let timer: NodeJS.Timeout | undefined;
  let putting: Promise<void> | undefined;
  let again = false;

  const putOnce = async () => {
    // Requests made while cut off would pile up in the client.
    if (!isLinked(nc)) return false;
    try {
      bucket ??= await openTrainerBucket(nc, times, logger);
      await bucket.put(current.id, JSON.stringify(current), { timeout: times.requestMs });
      if (failing) logger.info('announced again');
      failing = false;
      return true;
    } catch (error) {
      // The bucket may be gone with the server's disk.
      bucket = undefined;
      if (!failing) logger.warn({ err: error }, 'the trainer cannot be announced for now');
      failing = true;
      return false;
    }
  };

  /** One put at a time; a change that comes meanwhile is put right after. */
  const put = (): Promise<void> => {
    if (closed) return Promise.resolve();
    if (putting !== undefined) {
      again = true;
      return putting;
    }
    clearTimeout(timer);
    putting = (async () => {
      let done: boolean;
      do {
        again = false;
        done = await putOnce();
      } while (again && !closed);
      putting = undefined;
      if (!closed) timer = setTimeout(put, done ? times.refreshMs : Math.min(times.refreshMs, 1_000));
    })();
    return putting;
  };

  const endRelink = onRelink(nc, () => void put());
  await put();

  return {
    update(patch) {
      current = { ...current, ...patch, id: current.id };
      void put();
    },
    async close() {
      if (closed) return;
      closed = true;
      clearTimeout(timer);
      endRelink();
      try {
        await putting;
        if (!isLinked(nc)) return;
        bucket ??= await openTrainerBucket(nc, times, logger);
        await withTimeLimit(bucket.delete(current.id), times.requestMs, "deleting the trainer's entry");
      } catch (error) {
        logger.warn({ err: error }, "the trainer's entry could not be deleted; it expires by itself");
      }
    },
  };
}
