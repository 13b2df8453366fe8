import { z } from 'zod';

/** Where one artifact's job stands. Carried by NATS, by heartbeat details and by the workflow's `progress` query. */
export const jobProgressSchema = z.object({
  /** Epochs of a member or refiner, images of maps. */
  done: z.number().min(0),
  total: z.number().min(0),
  /** Mean loss of the last whole epoch; null before the first, and for work without one. */
  loss: z.number().nullable(),
  imagesPerSecond: z.number().min(0),
  /** Who works on it; null while it waits for a worker. */
  worker: z.string().max(100).nullable(),
  /** `cancelled`: the run ended before it was finished; what was made of it is kept in a checkpoint. */
  state: z.enum(['waiting', 'running', 'finished', 'failed', 'cancelled']),
});
export type JobProgress = z.infer<typeof jobProgressSchema>;

/** Most bytes of a progress message: more than the longest name and six figures need. */
export const progressBytes = 2 * 1024;

/** A job that waits and has done nothing yet. @param total units of work, 0 where that is not known */
export function waitingProgress(total: number): JobProgress {
  return { done: 0, total, loss: null, imagesPerSecond: 0, worker: null, state: 'waiting' };
}

/** NATS subject of an artifact's live progress; the message is `JobProgress` as JSON. */
export function progressSubject(key: string): string {
  return `ddad.progress.${key}`;
}
