import { type JobProgress, jobProgressSchema, progressBytes, progressSubject } from '@ddad/contract';
import { isLinked, type NatsConnection } from './nats.ts';

/** Tells whoever listens how an artifact's job goes. While NATS is away it is dropped: the next one says more. */
export function publishProgress(nc: NatsConnection, key: string, progress: JobProgress): void {
  if (!isLinked(nc)) return;
  nc.publish(progressSubject(key), JSON.stringify(progress));
}

/**
 * Follows the jobs of the given artifacts, over interruptions of NATS too.
 * @param onProgress gets every well-formed message; others are passed over.
 */
export function subscribeProgress(
  nc: NatsConnection,
  keys: readonly string[],
  onProgress: (key: string, progress: JobProgress) => void,
): { close(): void } {
  const subscriptions = [...new Set(keys)].map((key) =>
    nc.subscribe(progressSubject(key), {
      callback(error, message) {
        if (error !== null) return;
        const progress = readProgress(message.data);
        if (progress !== null) onProgress(key, progress);
      },
    }),
  );
  return {
    close() {
      for (const subscription of subscriptions) subscription.unsubscribe();
    },
  };
}

/**
 * Follows the jobs of all artifacts in one subscription, over interruptions of NATS too.
 * @param onProgress as of `subscribeProgress`
 */
export function subscribeAllProgress(
  nc: NatsConnection,
  onProgress: (key: string, progress: JobProgress) => void,
): { close(): void } {
  const anyKey = progressSubject('*');
  const before = anyKey.indexOf('*');
  const subscription = nc.subscribe(anyKey, {
    callback(error, message) {
      if (error !== null) return;
      const key = message.subject.slice(before);
      if (!artifactKey.test(key)) return;
      const progress = readProgress(message.data);
      if (progress !== null) onProgress(key, progress);
    },
  });
  return { close: () => subscription.unsubscribe() };
}

/** A key is a SHA-256: of other subjects nobody asks, and there could be any number. */
const artifactKey = /^[0-9a-f]{64}$/;

/** @returns null where the message is no progress, or longer than any can be: that one is not even parsed */
function readProgress(data: Uint8Array): JobProgress | null {
  if (data.byteLength > progressBytes) return null;
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(data));
  } catch {
    return null;
  }
  const progress = jobProgressSchema.safeParse(json);
  return progress.success ? progress.data : null;
}
