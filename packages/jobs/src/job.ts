import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Child, forkChild, type Logger } from '@ddad/platform';
import { JobError, type JobEvent } from '@ddad/rpc';
import {
  type ArtifactKind,
  latestCheckpoint,
  type Manifest,
  type ObjectStore,
  publishArtifact,
  readManifest,
  removeCheckpoints,
  saveCheckpoint,
} from '@ddad/storage';
import type { ChildProgress, ChildResult, FromChild, ToChild } from './messages.ts';

/** What makes one artifact. */
export interface JobPlan {
  kind: ArtifactKind;
  key: string;
  /** The whole specification, as the manifest keeps it; `key` is its digest. */
  spec: object;
  /**
   * Fetches what the work reads.
   * @param directory scratch space of this job, removed afterwards
   * @param checkpoint path of the checkpoint to go on from
   * @returns the task for the job's process
   */
  prepare(directory: string, checkpoint: string | null): Promise<unknown>;
  /** An artifact that the same call makes once this one is there. */
  next?: JobPlan | undefined;
}

/** How long a job may show no sign of life, in milliseconds. */
export interface JobLimits {
  /** Loading TensorFlow and compiling the step. */
  loadMs: number;
  /** Between steps, unless 20 times the median step is longer. */
  stallMs: number;
  /** Writing a last checkpoint when told to stop. */
  stopMs: number;
  /** Between checkpoints. */
  checkpointMs: number;
}

export const defaultLimits: JobLimits = {
  loadMs: 180_000,
  stallMs: 60_000,
  stopMs: 20_000,
  checkpointMs: 30_000,
};

export interface JobOptions {
  plan: JobPlan;
  attempt: number;
  worker: string;
  store: ObjectStore;
  scratch: string;
  childEntry: URL;
  childEnvironment: Record<string, string>;
  limits: JobLimits;
  logger: Logger;
  /** Hears of every event, `accepted` aside. */
  onEvent(event: NonNullable<JobEvent['event']>): void;
}

type End = { manifest: Manifest; reused: boolean };
type Process = Child<ToChild<unknown>, FromChild>;

/** Finds the time after which a silent process counts as hung. */
class StallClock {
  readonly #stallMs: number;
  #last = Date.now();
  #gaps: number[] = [];
  #limitMs: number;

  constructor(limits: JobLimits) {
    this.#stallMs = limits.stallMs;
    this.#limitMs = limits.loadMs;
  }

  /** A sign of life; steps are told of, loading is not a step. */
  alive(isStep: boolean): void {
    const now = Date.now();
    if (isStep) {
      this.#gaps.push(now - this.#last);
      if (this.#gaps.length > 51) this.#gaps.shift();
      const median = this.#gaps.toSorted((a, b) => a - b)[this.#gaps.length >> 1];
      this.#limitMs = Math.max(this.#stallMs, 20 * median);
    }
    this.#last = now;
  }

  /** @returns how long it has been silent, in ms, where that is too long */
  stalled(): number | null {
    const silent = Date.now() - this.#last;
    return silent > this.#limitMs ? silent : null;
  }
}

/** One job: a process that works, checkpoints on their way into the store, an artifact in the end. */
export class Job {
  readonly plan: JobPlan;
  /** Settles with the published artifact, or rejects with a JobError. */
  readonly outcome: Promise<End>;
  attempt: number;
  readonly #options: JobOptions;
  #child: Process | null = null;
  #stopping: JobError | null = null;
  #uploads: Promise<void> = Promise.resolve();

  constructor(options: JobOptions) {
    this.#options = options;
    this.plan = options.plan;
    this.attempt = options.attempt;
    this.outcome = this.#run();
    // Whoever waits for the outcome hears of its failure; a job that nobody waits for must not end the service.
    this.outcome.catch(() => {});
  }

  /** Ends the job after a last checkpoint; resolves once its process is gone. */
  async stop(reason: JobError): Promise<void> {
    this.#stopping ??= reason;
    this.#child?.send({ type: 'stop' });
    await this.outcome.catch(() => {});
  }

  /** Hangs up at once, without a checkpoint. */
  async kill(reason: JobError): Promise<void> {
    this.#stopping ??= reason;
    await this.#child?.kill();
    await this.outcome.catch(() => {});
  }

  async #run(): Promise<End> {
    try {
      const end = await this.#make(this.plan);
      for (let { next } = this.plan; next !== undefined; { next } = next) await this.#make(next);
      const { loss, seconds, worker } = end.manifest;
      this.#options.onEvent({
        $case: 'finished',
        value: { reused: end.reused, loss: loss ?? undefined, seconds, worker },
      });
      return end;
    } catch (error) {
      if (error instanceof JobError) throw error;
      throw new JobError('failed', error instanceof Error ? error.message : String(error), { cause: error });
    }
  }

  /** Makes one artifact, or finds it made. */
  async #make(plan: JobPlan): Promise<End> {
    const { store, scratch, logger, worker } = this.#options;
    const directory = join(scratch, 'jobs', plan.key);
    try {
      const published = await readManifest(store, plan.kind, plan.key);
      if (published !== null) return { manifest: published, reused: true };
      await rm(directory, { recursive: true, force: true });
      await mkdir(directory, { recursive: true });
      const checkpoint = await this.#fetchCheckpoint(plan, directory);
      const task = await plan.prepare(directory, checkpoint);
      if (this.#stopping !== null) throw this.#stopping;
      const result = await this.#work(plan, task);
      const { files, loss, seconds, environment, history } = result;
      const { manifest, sameBytes } = await publishArtifact(store, {
        kind: plan.kind,
        key: plan.key,
        spec: plan.spec,
        files,
        loss,
        seconds,
        worker,
        environment,
        history,
      });
      if (!sameBytes) logger.warn({ key: plan.key }, 'somebody published other bytes first; theirs count');
      await removeCheckpoints(store, plan.kind, plan.key);
      return { manifest, reused: false };
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  }

  async #fetchCheckpoint(plan: JobPlan, directory: string): Promise<string | null> {
    const { store, logger } = this.#options;
    const latest = await latestCheckpoint(store, plan.kind, plan.key);
    if (latest === null) return null;
    const path = join(directory, 'resume.safetensors');
    await store.getToFile(latest.object, path);
    logger.info({ key: plan.key, steps: latest.done }, 'going on from a checkpoint');
    return path;
  }

  /** Runs the process to its end. */
  async #work(plan: JobPlan, task: unknown): Promise<ChildResult> {
    const { limits, logger, childEntry, childEnvironment } = this.#options;
    const child: Process = forkChild(childEntry, childEnvironment);
    this.#child = child;
    const clock = new StallClock(limits);
    let result: ChildResult | null = null;
    let fault: JobError | null = null;
    child.onMessage((message) => {
      if (message.type !== 'ready' || this.#stopping === null) clock.alive(message.type === 'step');
      if (message.type === 'progress') this.#report(message);
      else if (message.type === 'checkpoint') this.#upload(plan, message.done, message.path);
      else if (message.type === 'finished') result = message;
      else if (message.type === 'failed') fault = new JobError(message.kind, message.message);
    });
    let stoppingSince: number | null = null;
    const watch = setInterval(() => {
      const silentMs = clock.stalled();
      if (silentMs !== null) {
        fault ??= new JobError(
          'failed',
          `no sign of life for ${Math.round(silentMs / 1000)} s; the process was killed`,
        );
        void child.kill();
      }
      if (this.#stopping === null) return;
      stoppingSince ??= Date.now();
      if (Date.now() - stoppingSince > limits.stopMs) void child.kill();
    }, 250);
    child.send({ type: 'start', task, checkpointMs: limits.checkpointMs });
    if (this.#stopping !== null) child.send({ type: 'stop' });
    try {
      const exit = await child.exited;
      await this.#uploads;
      if (result !== null) return result;
      if (this.#stopping !== null) throw this.#stopping;
      if (fault !== null) throw fault;
      const how = exit.signal === null ? `code ${exit.code}` : `signal ${exit.signal}`;
      logger.warn({ key: plan.key, ...exit, stderr: child.errorTail() }, 'job process ended early');
      throw new JobError('failed', `the job's process ended early with ${how}`);
    } finally {
      clearInterval(watch);
      this.#child = null;
    }
  }

  #report({ done, total, loss, imagesPerSecond }: ChildProgress): void {
    this.#options.onEvent({
      $case: 'progress',
      value: { done, total, loss: loss ?? undefined, imagesPerSecond },
    });
  }

  /** One after another, while training goes on. A checkpoint that cannot be stored costs progress, never the job. */
  #upload(plan: JobPlan, done: number, path: string): void {
    const { store, logger } = this.#options;
    this.#uploads = this.#uploads
      .then(() => saveCheckpoint(store, plan.kind, plan.key, this.attempt, done, path))
      .catch((error: unknown) => logger.warn({ key: plan.key, error }, 'could not store a checkpoint'))
      .finally(() => rm(path, { force: true }));
  }
}
