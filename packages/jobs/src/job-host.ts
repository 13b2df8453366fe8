import type { JobProgress } from '@ddad/contract';
import type { Logger } from '@ddad/platform';
import { JobError, type JobEvent, type JobHeader, type JobWriter } from '@ddad/rpc';
import type { ObjectStore } from '@ddad/storage';
import { defaultLimits, Job, type JobLimits, type JobPlan } from './job.ts';

export interface JobHostOptions {
  /** Jobs at a time. */
  slots: number;
  /** The identifier under which this service announces itself. */
  worker: string;
  store: ObjectStore;
  /** Directory for scratch files. */
  scratch: string;
  childEntry: URL;
  childEnvironment: Record<string, string>;
  logger: Logger;
  limits?: Partial<JobLimits>;
  /** How long a job whose call broke off waits to be taken over. */
  graceMs?: number;
  /** Live figures of a job. */
  onProgress?(key: string, progress: JobProgress): void;
  /** The keys being worked on have changed. */
  onKeys?(keys: string[]): void;
}

/** The end of one caller's call; `detached` says that the caller went away. */
export interface Caller {
  writer: JobWriter;
  /** Resolves when the caller's call ended, whoever ended it. */
  closed: Promise<void>;
}

interface Running {
  job: Job;
  writer: JobWriter | null;
  grace: NodeJS.Timeout | null;
}

/**
 * The jobs of one service. A job belongs to the newest attempt that asked for it: when that call breaks off, the job runs
 * on for a while and may be taken over; an older attempt is refused.
 */
export class JobHost {
  readonly #options: JobHostOptions & { graceMs: number };
  readonly #running = new Map<string, Running>();
  #leaving = false;

  constructor(options: JobHostOptions) {
    this.#options = { graceMs: 30_000, ...options };
  }

  /** Keys being worked on. */
  get keys(): string[] {
    return [...this.#running.keys()];
  }

  /** Serves one call: starts the job or takes it over, and tells the caller until it ends. */
  serve(header: JobHeader, plan: JobPlan, { writer, closed }: Caller): void {
    try {
      this.#attach(header, plan, writer);
    } catch (error) {
      writer.fail(error);
      return;
    }
    void closed.then(() => this.#detach(header.key, writer));
  }

  /** Ends a job after a checkpoint. @returns whether there was one, once its process is gone */
  async stop(header: JobHeader): Promise<boolean> {
    const running = this.#running.get(header.key);
    if (running === undefined || running.job.attempt > header.attempt) return false;
    await running.job.stop(new JobError('stopped', 'stopped on request'));
    return true;
  }

  /** Takes no new work, ends every job after a checkpoint and tells its caller that it can go on elsewhere. */
  async close(): Promise<void> {
    this.#leaving = true;
    const reason = new JobError('leaving', 'the service shuts down; the job can go on elsewhere');
    await Promise.all([...this.#running.values()].map(({ job }) => job.stop(reason)));
  }

  #attach(header: JobHeader, plan: JobPlan, writer: JobWriter): void {
    const { worker } = this.#options;
    if (this.#leaving) throw new JobError('leaving', `${worker} shuts down`);
    const running = this.#running.get(header.key);
    if (running !== undefined) {
      if (header.attempt <= running.job.attempt) {
        throw new JobError(
          'superseded',
          `attempt ${running.job.attempt} has this job, got ${header.attempt}`,
        );
      }
      running.writer?.fail(new JobError('superseded', `attempt ${header.attempt} took this job over`));
      if (running.grace !== null) clearTimeout(running.grace);
      running.grace = null;
      running.job.attempt = header.attempt;
      running.writer = writer;
      writer.send({ event: { $case: 'accepted', value: { worker, takenOver: true } } });
      return;
    }
    if (this.#running.size >= this.#options.slots) {
      throw new JobError('busy', `all ${this.#options.slots} slots of ${worker} are taken`);
    }
    writer.send({ event: { $case: 'accepted', value: { worker, takenOver: false } } });
    this.#start(header, plan, writer);
  }

  #start({ key, attempt }: JobHeader, plan: JobPlan, writer: JobWriter): void {
    const { store, scratch, childEntry, childEnvironment, worker, logger, limits } = this.#options;
    const running: Running = {
      writer,
      grace: null,
      job: new Job({
        plan,
        attempt,
        worker,
        store,
        scratch,
        childEntry,
        childEnvironment,
        logger,
        limits: { ...defaultLimits, ...limits },
        onEvent: (event) => {
          running.writer?.send({ event });
          this.#publish(key, event);
        },
      }),
    };
    this.#running.set(key, running);
    this.#options.onKeys?.(this.keys);
    logger.info({ key, kind: plan.kind, attempt }, 'job started');
    void running.job.outcome
      .then(
        () => {
          logger.info({ key }, 'job finished');
          return (): void => running.writer?.end();
        },
        (error: unknown) => {
          logger.warn({ key, error: error instanceof Error ? error.message : String(error) }, 'job ended');
          return (): void => running.writer?.fail(error);
        },
      )
      .then((tell) => {
        if (running.grace !== null) clearTimeout(running.grace);
        // Free before the caller hears of it: it may hand out the next job at once.
        this.#running.delete(key);
        this.#options.onKeys?.(this.keys);
        tell();
      });
  }

  #publish(key: string, event: NonNullable<JobEvent['event']>): void {
    const { worker, onProgress } = this.#options;
    if (event.$case !== 'progress') return;
    const { done, total, loss, imagesPerSecond } = event.value;
    onProgress?.(key, { done, total, loss: loss ?? null, imagesPerSecond, worker, state: 'running' });
  }

  #detach(key: string, writer: JobWriter): void {
    const running = this.#running.get(key);
    if (running === undefined || running.writer !== writer) return;
    running.writer = null;
    this.#options.logger.warn(
      { key, graceMs: this.#options.graceMs },
      'the caller is gone; the job waits to be taken over',
    );
    running.grace = setTimeout(() => {
      void running.job.stop(new JobError('stopped', 'nobody took the job over'));
    }, this.#options.graceMs);
  }
}
