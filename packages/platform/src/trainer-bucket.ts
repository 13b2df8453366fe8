import { type TrainerEntry, trainersBucket } from '@ddad/contract';
import { jetstream } from '@nats-io/jetstream';
import { type KV, Kvm } from '@nats-io/kv';
import { z } from 'zod';
import type { Logger } from './logger.ts';
import type { NatsConnection } from './nats.ts';

/** Times of the trainers' bucket; the defaults are the system's, tests take shorter ones. */
export interface PresenceTimes {
  /** An entry that is not refreshed for so long is gone. At least 1,000: the server's smallest. */
  ttlMs: number;
  /** How often a trainer refreshes its entry. */
  refreshMs: number;
  /** How often a watcher lists all entries, in case a message was lost. */
  relistMs: number;
  /** Deadline of a single request. */
  requestMs: number;
}

export const presenceTimes: PresenceTimes = {
  ttlMs: 15_000,
  refreshMs: 5_000,
  relistMs: 10_000,
  requestMs: 3_000,
};

/** What a trainer's entry must be, whoever wrote it; fields that a newer trainer adds are dropped. */
export const trainerEntrySchema = z.object({
  id: z.string().min(1),
  address: z.string().min(1),
  device: z.string(),
  slots: z.int().min(1),
  keys: z.array(z.string()),
  since: z.string(),
  leaving: z.boolean(),
}) satisfies z.ZodType<TrainerEntry>;

/**
 * Opens the bucket, making it where it is missing. An existing one is taken as it is: watchers count an entry's age
 * themselves, so that another time to live does no harm.
 */
export async function openTrainerBucket(
  nc: NatsConnection,
  times: PresenceTimes,
  logger: Logger,
): Promise<KV> {
  const kvm = new Kvm(jetstream(nc, { timeout: times.requestMs }));
  const options = { ttl: times.ttlMs, history: 1 };
  try {
    // Marks what expires, so that a watcher hears of it.
    return await kvm.create(trainersBucket, { ...options, markerTTL: times.ttlMs });
  } catch (error) {
    const version = nc.info?.version ?? '';
    const [major = 0, minor = 0] = version.split('.').map(Number);
    // Markers came with 2.11; before, watchers learn of an expiry from their next listing.
    if (version === '' || major > 2 || (major === 2 && minor >= 11)) throw error;
    logger.debug({ version }, 'NATS knows no expiry markers');
    return await kvm.create(trainersBucket, options);
  }
}
