import { type JobProgress, progressSubject } from '@ddad/contract';
import { z } from 'zod';
import { isLinked, type NatsConnection } from './nats.ts';

const progressSchema = z.object({
  done: z.number(),
  total: z.number(),
  loss: z.number().nullable(),
  imagesPerSecond: z.number(),
  worker: z.string().nullable(),
  state: z.enum(['waiting', 'running', 'finished', 'failed']),
}) satisfies z.ZodType<JobProgress>;

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
        const progress = progressSchema.safeParse(parseJson(message.string()));
        if (progress.success) onProgress(key, progress.data);
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
      const progress = progressSchema.safeParse(parseJson(message.string()));
      if (progress.success) onProgress(message.subject.slice(before), progress.data);
    },
  });
  return { close: () => subscription.unsubscribe() };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
