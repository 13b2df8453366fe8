import type { JobProgress } from '@ddad/contract';
import type { Logger } from '@ddad/platform';
import { JobError, type JobHeader, type JobStep, type JobWriter } from '@ddad/rpc';
import type { ObjectStore } from '@ddad/storage';
import { noTracing, type TraceParent, type Tracing } from '@ddad/tracing';
import { type ArtifactPlan, defaultLimits, Job, type JobEnd, type JobLimits } from './job.ts';
import { type JobMetrics, type JobOutcome, noJobMetrics } from './job-metrics.ts';
import type { ChildProgress } from './messages.ts';

export interface JobHostOptions {
  /** Jobs at a time. */
  slots: number;
  /** The identifier under which this service announces itself. */
  worker: string;
  store: ObjectStore;
  /** Directory for scratch files, this service's own. */
  scratch: string;
  childEntry: URL;
  childEnvironment: Record<string, string>;
  logger: Logger;
  limits?: Partial<JobLimits>;
  /** How long a job whose call broke off waits to be taken over. */
  graceMs?: number;
  /** Between two signs of life on a job's stream, in ms. */
  aliveMs?: number;
  /** Live figures of a job. */
  onProgress?(key: string, progress: JobProgress): void;
  metrics?: JobMetrics;
  tracing?: Tracing;
  /** A job failed, and that may be this service's own fault. */
  onFailed?(): void;
}

/** One caller's call. */
export interface Caller {
  writer: JobWriter;
  /** Resolves when the caller's call ended, whoever ended it. */
  closed: Promise<void>;
  /** The span that the call belongs to, where it is traced; a job that it starts does as well. */
  trace?: TraceParent | undefined;
}

interface Running {
  job: Job;
  /** Null while nobody follows it. */
  writer: JobWriter | null;
  grace: NodeJS.Timeout | null;
  /** Gives signs of life. That the job's own process lives, the job sees to: it ends one that hangs. */
  alive: NodeJS.Timeout;
  /** For who takes it over: the next figures may be an epoch away. */
  progress: JobStep | null;
  imagesPerSecond: number;
  /** Resolves once the slot is free and the caller has been told. */
  ended: Promise<void>;
}

/**
 * The jobs of one service. A job belongs to the newest attempt that asked for it: when that call breaks off, the job runs
 * on for a while and may be taken over; an older attempt is refused.
 */
export class JobHost {
  readonly #options: JobHostOptions & {
    graceMs: number;
    aliveMs: number;
    metrics: JobMetrics;
    tracing: Tracing;
  };
  readonly #running = new Map<string, Running>();
  #tellKeys: (keys: string[]) => void = () => {};
  #leaving = false;
  #largestCheckpoint = 0;

  constructor(options: JobHostOptions) {
    this.#options = {
      ...{ graceMs: 30_000, aliveMs: 10_000, metrics: noJobMetrics, tracing: noTracing },
      ...options,
    };
  }

  /** Keys being worked on. */
  get keys(): string[] {
    return [...this.#running.keys()];
  }

  /** Bytes of the largest checkpoint that a job has written; 0 before the first. */
  get largestCheckpoint(): number {
    return this.#largestCheckpoint;
  }

  /** Tells one listener, who comes once others can call, which keys are being worked on whenever they change. */
  onKeys(listener: (keys: string[]) => void): void {
    this.#tellKeys = listener;
  }

  /** Serves one call: starts the job or takes it over, and tells the caller until it ends. */
  serve(header: JobHeader, plan: ArtifactPlan, caller: Caller): void {
    const { writer, closed } = caller;
    try {
      this.#attach(header, plan, caller);
    } catch (error) {
      writer.fail(error);
      return;
    }
    void closed.then(() => this.#detach(header.key, writer));
  }

  /** Ends a job after a checkpoint. @returns whether there was one, once its process is gone and its slot free */
  async stop(header: JobHeader): Promise<boolean> {
    const running = this.#running.get(header.key);
    if (running === undefined || running.job.attempt > header.attempt) return false;
    await this.#stop(running, new JobError('stopped', 'stopped on request'));
    return true;
  }

  /** Takes no new work, ends every job after a checkpoint and tells its caller that it can go on elsewhere. */
  async close(): Promise<void> {
    this.#leaving = true;
    const reason = new JobError('leaving', 'the service shuts down; the job can go on elsewhere');
    await Promise.all([...this.#running.values()].map((running) => this.#stop(running, reason)));
  }

  async #stop(running: Running, reason: JobError): Promise<void> {
    await running.job.stop(reason);
    await running.ended;
  }

  #attach(header: JobHeader, plan: ArtifactPlan, { writer, trace }: Caller): void {
    const { worker, slots } = this.#options;
    if (this.#leaving) throw new JobError('leaving', `${worker} shuts down`);
    const running = this.#running.get(header.key);
    if (running !== undefined) {
      this.#takeOver(running, header.attempt, writer);
      return;
    }
    if (this.#running.size >= slots) {
      throw new JobError('busy', `all ${slots} slots of ${worker} are taken`);
    }
    writer.send({ event: { $case: 'accepted', value: { worker, takenOver: false } } });
    this.#start(header, plan, writer, trace);
  }

  #takeOver(running: Running, attempt: number, writer: JobWriter): void {
    const { worker } = this.#options;
    const { job } = running;
    if (attempt <= job.attempt) {
      throw new JobError('superseded', `attempt ${job.attempt} has this job, got ${attempt}`);
    }
    // It would only hear that the job was stopped; once that is over, the job can be had again from its checkpoint.
    if (job.stopping) throw new JobError('busy', `${worker} is stopping an earlier attempt of this job`);
    running.writer?.fail(new JobError('superseded', `attempt ${attempt} took this job over`));
    this.#endGrace(running);
    job.takeOver(attempt);
    running.writer = writer;
    writer.send({ event: { $case: 'accepted', value: { worker, takenOver: true } } });
    if (running.progress !== null) writer.send({ event: running.progress });
  }

  #start(
    { key, attempt }: JobHeader,
    plan: ArtifactPlan,
    writer: JobWriter,
    trace: TraceParent | undefined,
  ): void {
    const { store, scratch, childEntry, childEnvironment, worker, logger, limits, metrics, tracing } =
      this.#options;
    const job = new Job({
      plan,
      attempt,
      worker,
      store,
      scratch,
      childEntry,
      childEnvironment,
      logger,
      tracing,
      trace,
      limits: { ...defaultLimits, ...limits },
      onProgress: (figures) => this.#report(key, running, figures),
      onPublished: (kind, publication) => metrics.published(kind, publication),
      onCheckpoint: (bytes) => {
        this.#largestCheckpoint = Math.max(this.#largestCheckpoint, bytes);
      },
    });
    const startedAt = performance.now();
    const measured = (outcome: JobOutcome) =>
      metrics.ended(plan.kind, outcome, (performance.now() - startedAt) / 1000);
    const ended = job.outcome.then(
      (end) => {
        measured(end.reused ? 'reused' : 'finished');
        this.#end(key, running, end);
      },
      (error: unknown) => {
        measured(job.stopping ? 'stopped' : 'failed');
        this.#end(key, running, null, error);
      },
    );
    const alive = setInterval(
      () => running.writer?.send({ event: { $case: 'alive', value: {} } }),
      this.#options.aliveMs,
    );
    const running: Running = { job, writer, grace: null, alive, progress: null, imagesPerSecond: 0, ended };
    metrics.started(plan.kind);
    this.#running.set(key, running);
    this.#tellKeys(this.keys);
    logger.info({ key, kind: plan.kind, attempt }, 'job started');
  }

  #report(key: string, running: Running, figures: ChildProgress): void {
    const { worker, onProgress } = this.#options;
    const { done, total, loss, imagesPerSecond } = figures;
    running.progress = {
      $case: 'progress',
      value: { done, total, loss: loss ?? undefined, imagesPerSecond },
    };
    running.writer?.send({ event: running.progress });
    running.imagesPerSecond = imagesPerSecond;
    this.#measureSpeed();
    onProgress?.(key, { done, total, loss, imagesPerSecond, worker, state: 'running' });
  }

  #end(key: string, running: Running, end: JobEnd | null, error?: unknown): void {
    const { logger } = this.#options;
    this.#endGrace(running);
    clearInterval(running.alive);
    // Free before the caller hears of it: it may hand out the next job at once.
    this.#running.delete(key);
    this.#measureSpeed();
    this.#tellKeys(this.keys);
    const { writer } = running;
    if (end === null) {
      logger.warn({ key, error: error instanceof Error ? error.message : String(error) }, 'job ended');
      if (!running.job.stopping && mayBeOurs(error)) this.#options.onFailed?.();
      writer?.fail(error);
      return;
    }
    const { loss, seconds, worker } = end.manifest;
    logger.info({ key, reused: end.reused }, 'job finished');
    writer?.send({
      event: { $case: 'finished', value: { reused: end.reused, loss: loss ?? undefined, seconds, worker } },
    });
    writer?.end();
  }

  #measureSpeed(): void {
    let sum = 0;
    for (const { imagesPerSecond } of this.#running.values()) sum += imagesPerSecond;
    this.#options.metrics.speed(sum);
  }

  #detach(key: string, writer: JobWriter): void {
    const { logger, graceMs } = this.#options;
    const running = this.#running.get(key);
    if (running === undefined || running.writer !== writer) return;
    running.writer = null;
    logger.warn({ key, graceMs }, 'the caller is gone; the job waits to be taken over');
    running.grace = setTimeout(() => {
      void running.job.stop(new JobError('stopped', 'nobody took the job over'));
    }, graceMs);
  }

  #endGrace(running: Running): void {
    if (running.grace !== null) clearTimeout(running.grace);
    running.grace = null;
  }
}

/** Whether a failed job need not be at fault itself. */
function mayBeOurs(error: unknown): boolean {
  return !(error instanceof JobError) || error.kind === 'failed' || error.kind === 'denied';
}
