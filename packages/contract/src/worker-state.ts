import { z } from 'zod';
import { pools, workerIdSchema } from './worker-entry.ts';

/** Most characters of why a worker takes no work. */
export const mostReason = 500;

/** A worker as its coordinator sees it. */
export const workerStateSchema = z.object({
  pool: z.enum(pools),
  id: workerIdSchema,
  device: z.string().max(200),
  slots: z.int(),
  /**
   * `unfit` says a worker of itself, by its own checks; `set aside` the coordinator of one that fails what others make. Both
   * get no jobs for now.
   */
  state: z.enum(['idle', 'busy', 'leaving', 'unfit', 'set aside']),
  /** Why it gets no jobs, in one line; null where it does, or leaves. */
  reason: z.string().max(mostReason).nullable(),
  /** When it gets jobs again (ISO 8601); null where it does, and where nobody knows. */
  until: z.iso.datetime().nullable(),
});
export type WorkerState = z.infer<typeof workerStateSchema>;

/** What the coordinator's pages say of its workers under `workersPath`: JSON. */
export const workerStatesSchema = z.object({ workers: z.array(workerStateSchema) });
export const workersPath = '/workers.json';

/** Of a worker that gets no jobs, why and for how long, for people; null of others. */
export function describeSickness({ pool, id, state, reason, until }: WorkerState): string | null {
  const who = `${pool === 'train' ? 'Trainer' : 'Scorer'} ${id}`;
  const time = until === null ? '' : ` until ${until.slice(11, 19)} UTC`;
  if (state === 'unfit') return `${who} takes no jobs by its own checks: ${reason}`;
  return state === 'set aside' ? `${who} gets no jobs${time}, as it fails what others make: ${reason}` : null;
}
