import { rm } from 'node:fs/promises';
import type { Logger } from '@ddad/platform';

interface WrittenCheckpoint {
  /** Steps in it. */
  done: number;
  path: string;
}

/**
 * Stores a job's checkpoints while it goes on, one at a time; of those that wait, only the newest is kept, so that a slow
 * store costs one file. Removes every file it was given. A checkpoint that cannot be stored costs progress, never the job.
 */
export class CheckpointUploads {
  readonly #save: (done: number, path: string) => Promise<void>;
  readonly #logger: Logger;
  #waiting: WrittenCheckpoint | null = null;
  #running: Promise<void> | null = null;

  constructor(save: (done: number, path: string) => Promise<void>, logger: Logger) {
    this.#save = save;
    this.#logger = logger;
  }

  add(done: number, path: string): void {
    const replaced = this.#waiting;
    this.#waiting = { done, path };
    if (replaced !== null) void this.#discard(replaced);
    this.#running ??= this.#run();
  }

  /** Forgets what has not been begun: the work is finished and needs no checkpoint. */
  dropWaiting(): void {
    const dropped = this.#waiting;
    this.#waiting = null;
    if (dropped !== null) void this.#discard(dropped);
  }

  /** Resolves once nothing is under way. */
  async idle(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    for (let next = this.#take(); next !== null; next = this.#take()) {
      try {
        await this.#save(next.done, next.path);
      } catch (err) {
        this.#logger.warn({ err, steps: next.done }, 'could not store a checkpoint');
      }
      await this.#discard(next);
    }
    this.#running = null;
  }

  #take(): WrittenCheckpoint | null {
    const taken = this.#waiting;
    this.#waiting = null;
    return taken;
  }

  async #discard({ path }: WrittenCheckpoint): Promise<void> {
    await rm(path, { force: true }).catch((err: unknown) =>
      this.#logger.warn({ err }, 'could not remove a stored checkpoint from scratch'),
    );
  }
}
