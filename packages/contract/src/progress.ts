/** Where one artifact's job stands. Carried by NATS, by heartbeat details and by the workflow's `progress` query. */
export interface JobProgress {
  /** Epochs of a member or refiner, images of maps. */
  done: number;
  total: number;
  /** Mean loss of the last whole epoch; null before the first, and for work without one. */
  loss: number | null;
  imagesPerSecond: number;
  /** Who works on it; null while it waits for a trainer. */
  worker: string | null;
  state: 'waiting' | 'running' | 'finished' | 'failed';
}

/** A job that waits and has done nothing yet. @param total units of work, 0 where that is not known */
export function waitingProgress(total: number): JobProgress {
  return { done: 0, total, loss: null, imagesPerSecond: 0, worker: null, state: 'waiting' };
}

/** NATS subject of an artifact's live progress; the message is `JobProgress` as JSON. */
export function progressSubject(key: string): string {
  return `ddad.progress.${key}`;
}

/** The JetStream KV bucket in which trainers announce themselves. */
export const trainersBucket = 'ddad-trainers';

/** A trainer's entry in the bucket, under its id. */
export interface TrainerEntry {
  id: string;
  /** host:port of its gRPC server. */
  address: string;
  /** Device model, for people. */
  device: string;
  /** Jobs it takes at a time. */
  slots: number;
  /** Keys of the members it trains now. */
  keys: string[];
  /** When it started (ISO 8601). */
  since: string;
  /** True once it shuts down: it gets no new work. */
  leaving: boolean;
}
