import { workerEntryBytes, workersBucket } from '@ddad/contract';
import { jetstream } from '@nats-io/jetstream';
import { type KV, Kvm } from '@nats-io/kv';
import type { Logger } from './logger.ts';
import type { NatsConnection } from './nats.ts';

/** Times of the workers' bucket; the defaults are the system's, tests take shorter ones. */
export interface PresenceTimes {
  /** An entry that is not refreshed for so long is gone. At least 1,000: the server's smallest. */
  ttlMs: number;
  /** How often a worker refreshes its entry. */
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

/** Most bytes of all entries together: a thousand workers' with room to spare, and no more than a watcher can hold. */
const bucketBytes = 8 * 1024 * 1024;

/**
 * Opens the bucket, making it where it is missing. An existing one is taken as it is: watchers count an entry's age and
 * size themselves, so that other limits do no harm.
 */
export async function openWorkerBucket(
  nc: NatsConnection,
  times: PresenceTimes,
  logger: Logger,
): Promise<KV> {
  const kvm = new Kvm(jetstream(nc, { timeout: times.requestMs }));
  const options = {
    ttl: times.ttlMs,
    history: 1,
    max_bytes: bucketBytes,
    maxValueSize: workerEntryBytes,
  };
  try {
    // Marks what expires, so that a watcher hears of it.
    return await kvm.create(workersBucket, { ...options, markerTTL: times.ttlMs });
  } catch (error) {
    const version = nc.info?.version ?? '';
    const [major = 0, minor = 0] = version.split('.').map(Number);
    // Markers came with 2.11; before, watchers learn of an expiry from their next listing.
    if (version === '' || major > 2 || (major === 2 && minor >= 11)) throw error;
    logger.debug({ version }, 'NATS knows no expiry markers');
    return await kvm.create(workersBucket, options);
  }
}
