import { z } from 'zod';
import { hostPortSchema, parseHostPort } from './host-port.ts';
import { sha256Schema } from './sha256.ts';

/** The JetStream KV bucket in which trainers and scorers announce themselves. */
export const workersBucket = 'ddad-workers';

/** What a worker makes: `train`, the trainers', what is trained; `score`, the scorers', what is made of that. */
export const pools = ['train', 'score'] as const;
export type Pool = (typeof pools)[number];

/** A worker's name, which can be a token of a NATS subject and the name of a directory. */
export const workerIdSchema = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,100}$/, 'expected 1 to 100 letters, digits, "_", "-"');

/** Most jobs that a worker can take at a time. */
export const mostSlots = 64;

/** Most characters of why a worker is unfit. */
export const mostUnfit = 300;

/**
 * A worker's entry in the bucket, under `workerKey`. Whoever may write the bucket can write anything: every length has a
 * bound. Fields that a newer worker adds are dropped.
 */
export const workerEntrySchema = z.object({
  pool: z.enum(pools),
  id: workerIdSchema,
  /** host:port of its gRPC server. */
  address: hostPortSchema.refine((text) => parseHostPort(text)?.port !== 0, 'expected a port from 1'),
  /** Device model, for people. */
  device: z.string().max(200),
  /** Jobs it takes at a time. */
  slots: z.int().min(1).max(mostSlots),
  /** Keys of the artifacts it makes now. */
  keys: z.array(sha256Schema).max(mostSlots),
  /** When it started (ISO 8601). */
  since: z.iso.datetime().max(40),
  /** True once it shuts down: it gets no new work. */
  leaving: z.boolean(),
  /** Why it cannot take work for now, by its own checks; absent while it can. */
  unfit: z.string().min(1).max(mostUnfit).optional(),
});
export type WorkerEntry = z.infer<typeof workerEntrySchema>;

/** Most bytes of an entry's JSON: 64 keys are 4.3 kB of them. */
export const workerEntryBytes = 8 * 1024;

/** Key of a worker's entry: the pool comes first, so that a user of NATS may write those of one pool only. */
export function workerKey({ pool, id }: Pick<WorkerEntry, 'pool' | 'id'>): string {
  return `${pool}.${id}`;
}
