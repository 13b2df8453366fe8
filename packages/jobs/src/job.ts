import { stat } from 'node:fs/promises';
import {
  type Child,
  forkChild,
  type Logger,
  removeDirectory,
  scratchDirectory,
  withTimeLimit,
} from '@ddad/platform';
import { JobError } from '@ddad/rpc';
import {
  type ArtifactKind,
  type Manifest,
  type ObjectStore,
  type Publication,
  publishArtifact,
  readIntactManifest,
  readManifest,
  removeCheckpoints,
  StoreError,
  saveCheckpoint,
} from '@ddad/storage';
import type { TraceParent, Tracing } from '@ddad/tracing';
import { verifyCheckpointFile } from './checkpoint-file.ts';
import { CheckpointUploads } from './checkpoint-uploads.ts';
import { memoryKills } from './memory-kills.ts';
import type { ChildProgress, ChildResult, FromChild, ToChild } from './messages.ts';
import { describeEnd } from './process-end.ts';
import { type FetchedCheckpoint, fetchSoundCheckpoint, setAside } from './sound-checkpoint.ts';
import { StallClock, type StallLimits, stallWatchMs } from './stall-clock.ts';

/** What makes one artifact. */
export interface ArtifactPlan {
  kind: ArtifactKind;
  key: string;
  /** The whole specification, as the manifest keeps it; `key` is its digest. */
  spec: object;
  /**
   * Fetches what the work reads. May be abandoned when the job is stopped.
   * @param directory scratch space of this job, removed afterwards
   * @param checkpoint path of the checkpoint to go on from
   * @returns the task for the job's process
   */
  prepare(directory: string, checkpoint: string | null): Promise<unknown>;
}

/** How long things may take, in milliseconds. */
export interface JobLimits extends StallLimits {
  /** Writing and storing a last checkpoint when told to stop. */
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

/** What storing a checkpoint gets at least, where writing it took all of `stopMs`. */
const leastStoreMs = 2000;

export interface JobOptions {
  plan: ArtifactPlan;
  attempt: number;
  worker: string;
  store: ObjectStore;
  scratch: string;
  childEntry: URL;
  childEnvironment: Record<string, string>;
  limits: JobLimits;
  logger: Logger;
  tracing: Tracing;
  /** The span that its spans belong to. */
  trace: TraceParent | undefined;
  onProgress(progress: ChildProgress): void;
  onPublished?(kind: ArtifactKind, publication: Publication): void;
  /** A checkpoint of so many bytes was written. */
  onCheckpoint?(bytes: number): void;
}

/** The artifact that a job ended with; `reused` where it was published before. */
export type JobEnd = { manifest: Manifest; reused: boolean };
type Process = Child<ToChild<unknown>, FromChild>;

/** One job: a process that works, checkpoints on their way into the store, an artifact in the end. */
export class Job {
  /** Settles with the published artifact, or rejects with a JobError. */
  readonly outcome: Promise<JobEnd>;
  readonly #options: JobOptions;
  #attempt: number;
  #child: Process | null = null;
  /** The checkpoint that the work goes on from. */
  #resumed: FetchedCheckpoint | null = null;
  #stopping: { reason: JobError; since: number } | null = null;
  readonly #stopped = Promise.withResolvers<never>();

  constructor(options: JobOptions) {
    this.#options = options;
    this.#attempt = options.attempt;
    // Not everybody who could hear of these waits for them, and that must not end the service.
    this.#stopped.promise.catch(() => {});
    this.outcome = this.#run();
    this.outcome.catch(() => {});
  }

  /** The attempt that it belongs to. */
  get attempt(): number {
    return this.#attempt;
  }

  /** True once it was told to stop; it may still finish, where it was about to. */
  get stopping(): boolean {
    return this.#stopping !== null;
  }

  /** Gives it to a newer attempt. */
  takeOver(attempt: number): void {
    this.#attempt = attempt;
  }

  /** Ends the job after a last checkpoint; resolves once its process is gone. */
  async stop(reason: JobError): Promise<void> {
    if (this.#stopping === null) {
      this.#stopping = { reason, since: performance.now() };
      this.#stopped.reject(reason);
      this.#child?.send({ type: 'stop' });
    }
    await this.outcome.catch(() => {});
  }

  async #run(): Promise<JobEnd> {
    try {
      return await this.#traced();
    } catch (error) {
      if (error instanceof JobError) throw error;
      const kind = error instanceof StoreError && error.refused ? 'denied' : 'failed';
      throw new JobError(kind, error instanceof Error ? error.message : String(error), { cause: error });
    }
  }

  /** Makes the artifact as a span, which the call belongs to that started the job. */
  #traced(): Promise<JobEnd> {
    const { tracing, trace, plan, attempt, worker } = this.#options;
    const { kind, key } = plan;
    const attributes = { 'ddad.kind': kind, 'ddad.key': key, 'ddad.attempt': attempt, 'ddad.worker': worker };
    return tracing.within(`job ${kind}`, { parent: trace, side: 'server', attributes }, ({ parent }) =>
      this.#make(parent),
    );
  }

  /** Waits for work that can be left behind when the job is stopped. */
  #unlessStopped<T>(work: Promise<T>): Promise<T> {
    return Promise.race([this.#stopped.promise, work]);
  }

  /** Makes the artifact, or finds it made. */
  async #make(parent: TraceParent | undefined): Promise<JobEnd> {
    const { store, scratch, logger, plan, tracing } = this.#options;
    const { kind, key } = plan;
    const published = await this.#unlessStopped(readIntactManifest(store, kind, key));
    if (published.manifest !== null) {
      // Whoever published it may have died before it came to this.
      await this.#removeCheckpoints();
      return { manifest: published.manifest, reused: true };
    }
    if (published.damage !== null) logger.warn(published.damage, 'a damaged artifact is made again');
    const directory = await scratchDirectory(scratch, key);
    try {
      let result: ChildResult | null = null;
      while (result === null) {
        const preparing = tracing.within('fetch', { parent }, () => this.#prepare(directory));
        const task = await this.#unlessStopped(preparing);
        result = await this.#work(task, parent);
      }
      const made = result;
      const manifest = await tracing.within('publish', { parent }, () => this.#publish(made));
      await this.#removeCheckpoints();
      return { manifest, reused: false };
    } finally {
      await removeDirectory(directory).catch((err: unknown) =>
        logger.warn({ err, key }, 'could not remove a scratch directory'),
      );
    }
  }

  async #prepare(directory: string): Promise<unknown> {
    return this.#options.plan.prepare(directory, await this.#fetchCheckpoint(directory));
  }

  async #publish(result: ChildResult): Promise<Manifest> {
    const { store, logger, worker, plan } = this.#options;
    const { kind, key, spec } = plan;
    const { files, loss, seconds, environment, history } = result;
    const publication = await publishArtifact(store, {
      kind,
      key,
      spec,
      files,
      loss,
      seconds,
      worker,
      environment,
      history,
    });
    this.#options.onPublished?.(kind, publication);
    const { manifest, sameBytes } = publication;
    if (!sameBytes) logger.warn({ key }, 'somebody published other bytes first; theirs count');
    return manifest;
  }

  /**
   * A finished artifact keeps no checkpoint. Where the store has just gone away the attempt fails, and the next one, which
   * finds the artifact published, removes them; rights that are missing are no reason to fail for good.
   */
  async #removeCheckpoints(): Promise<void> {
    const { store, logger, plan } = this.#options;
    const { kind, key } = plan;
    try {
      await removeCheckpoints(store, kind, key);
    } catch (err) {
      logger.warn({ err, key }, 'could not remove the checkpoints of a finished artifact');
      if (!(err instanceof StoreError && err.refused)) throw err;
    }
  }

  /** @returns path of the soundest checkpoint; null where there is none: the work begins anew */
  async #fetchCheckpoint(directory: string): Promise<string | null> {
    const { store, logger, plan } = this.#options;
    const { kind, key } = plan;
    this.#resumed = await fetchSoundCheckpoint({ store, kind, key, logger }, directory);
    return this.#resumed?.path ?? null;
  }

  /**
   * Runs the process to its end.
   * @returns null where it could not go on from the checkpoint that it was given, which is set aside then
   */
  async #work(task: unknown, trace: TraceParent | undefined): Promise<ChildResult | null> {
    this.#throwIfStopping();
    const { limits, logger, childEntry, childEnvironment, onProgress, plan, store, tracing } = this.#options;
    const { key } = plan;
    const uploads = new CheckpointUploads((done, path) => this.#saveCheckpoint(done, path), logger);
    const killsBefore = memoryKills();
    const child: Process = forkChild(childEntry, childEnvironment);
    this.#child = child;
    const clock = new StallClock(limits);
    let result: ChildResult | null = null;
    let fault: JobError | null = null;
    let refused: string | null = null;
    child.onMessage((message) => {
      if (message.type === 'step') clock.stepped();
      else if (message.type === 'ready') clock.compiles();
      else clock.heard();
      if (message.type === 'progress') onProgress(message);
      else if (message.type === 'checkpoint') uploads.add(message.done, message.path);
      else if (message.type === 'finished') result = message;
      else if (message.type === 'spans') tracing.take(message.spans);
      else if (message.type === 'failed') {
        if (message.kind === 'checkpoint') refused = message.message;
        else fault = new JobError(message.kind, message.message);
      } else if (message.type === 'stopped')
        fault = new JobError('failed', 'the work stopped, and nobody had told it to');
    });
    const watch = setInterval(() => {
      const silentMs = clock.silentTooLong();
      if (silentMs !== null) {
        const seconds = (silentMs / 1000).toFixed(1);
        fault ??= new JobError('failed', `no sign of life for ${seconds} s; the process was killed`);
        void child.kill();
      }
      if (this.#stopLeftMs() <= 0) void child.kill();
    }, stallWatchMs);
    const traced = trace === undefined ? {} : { trace: { parent: trace, name: `make ${plan.kind}` } };
    child.send({ type: 'start', task, checkpointMs: limits.checkpointMs, ...traced });
    try {
      const exit = await child.exited;
      if (result !== null) uploads.dropWaiting();
      await this.#settle(uploads);
      if (result !== null) return result;
      this.#throwIfStopping();
      if (refused !== null && this.#resumed !== null) {
        const place = { store, kind: plan.kind, key, logger };
        if (await setAside(place, this.#resumed, refused)) return null;
        // The next one would be the same again.
        throw new JobError('failed', refused);
      }
      if (fault !== null) throw fault;
      const stderr = child.errorTail();
      logger.warn({ key, ...exit, stderr }, 'job process ended early');
      if (exit.code === null && exit.signal === null)
        throw new JobError('failed', `the job's process could not be started: ${stderr}`);
      const end = { ...exit, stderr, killsBefore, killsAfter: memoryKills() };
      throw new JobError('failed', describeEnd(end));
    } finally {
      clearInterval(watch);
      this.#child = null;
    }
  }

  #throwIfStopping(): void {
    if (this.#stopping !== null) throw this.#stopping.reason;
  }

  /** What is left of the time to stop, in ms; infinite while nobody has told it to. */
  #stopLeftMs(): number {
    if (this.#stopping === null) return Number.POSITIVE_INFINITY;
    return this.#options.limits.stopMs - (performance.now() - this.#stopping.since);
  }

  /** Waits for the last checkpoint to be stored; who stops a job does not wait for a store that is away. */
  async #settle(uploads: CheckpointUploads): Promise<void> {
    const { logger, plan } = this.#options;
    const stopLimit = this.#stopped.promise.catch(() => {
      const limitMs = Math.max(this.#stopLeftMs(), leastStoreMs);
      return withTimeLimit(uploads.idle(), limitMs, 'storing the last checkpoint').catch((err: unknown) =>
        logger.warn({ err, key: plan.key }, 'stopped without its last checkpoint'),
      );
    });
    await Promise.race([uploads.idle(), stopLimit]);
  }

  async #saveCheckpoint(done: number, path: string): Promise<void> {
    const { store, plan, onCheckpoint } = this.#options;
    const { kind, key } = plan;
    onCheckpoint?.((await stat(path)).size);
    // Nobody could go on from one that is not: it would only take the place of one that is.
    await verifyCheckpointFile(path);
    await saveCheckpoint(store, kind, key, this.#attempt, done, path);
    // Another attempt may have published meanwhile, and removed all checkpoints but this one.
    if ((await readManifest(store, kind, key)) !== null) await removeCheckpoints(store, kind, key);
  }
}
