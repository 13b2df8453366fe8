import type { JobProgress } from '@ddad/contract';
import { JobError, type JobFinished } from '@ddad/rpc';
import { cancelLimits } from './cancel-limits.ts';

/** A server that takes jobs: a trainer as it announces itself, or the scorer. */
export interface WorkerEntry {
  id: string;
  /** host:port of its gRPC server. */
  address: string;
  /** Jobs it takes at a time. */
  slots: number;
  /** Keys of the jobs it holds now. */
  keys: readonly string[];
  /** True once it shuts down. */
  leaving: boolean;
  /** When it started (ISO 8601); absent where nobody said. */
  since?: string;
}

/** One try at a job on one worker. */
export interface JobCall<Job> {
  key: string;
  attempt: number;
  job: Job;
}

/** What a worker says while it holds a job. */
export interface JobListener {
  accepted(worker: string): void;
  progress(figures: Pick<JobProgress, 'done' | 'total' | 'loss' | 'imagesPerSecond'>): void;
}

/** How jobs reach workers. */
export interface JobLink<Job> {
  /**
   * Starts the job, or takes it over, and follows it to its end.
   * @param signal lets go of the call without stopping the job.
   * @throws JobError
   */
  run(
    worker: WorkerEntry,
    call: JobCall<Job>,
    listener: JobListener,
    signal: AbortSignal,
  ): Promise<JobFinished>;
  /** Stops the job; resolves once its process is gone. Bounded in time. */
  stop(worker: WorkerEntry, key: string, attempt: number): Promise<void>;
}

/** A run as fairness sees it. */
export interface RunIdentity {
  workflowId: string;
  runId: string;
  /** Milliseconds since 1970. */
  startedAt: number;
}

/** What an activity asks for. */
export interface Want<Job> {
  key: string;
  job: Job;
  run: RunIdentity;
  /** Place among the jobs of its run; lower goes first. */
  order: number;
  /** Units of work, for the progress shown while it waits. */
  total: number;
  onProgress?: (progress: JobProgress) => void;
}

/** A caller's hold on a job, which it may share with others. */
export interface Ticket {
  /** @throws JobError */
  readonly outcome: Promise<JobFinished>;
  /** False where a job of that key that somebody else asked for was joined, and it is not the same in every detail. */
  readonly own: boolean;
  progress(): JobProgress;
  /** Leaves the job; the last one to leave stops it, and then this resolves once the worker is idle (bounded). */
  cancel(): Promise<void>;
  /** Leaves the job; the last one to leave lets it run on, for somebody else to take over. */
  release(): void;
}

/** Time, passed in. */
export interface Clock {
  now(): number;
  /** Calls back once; the result calls that off. */
  after(milliseconds: number, then: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  after(milliseconds, then) {
    const timer = setTimeout(then, milliseconds);
    return () => clearTimeout(timer);
  },
};

export interface DispatcherOptions<Job> {
  link: JobLink<Job>;
  nextAttempt: () => number;
  clock?: Clock;
  /** How long a worker that said it is busy is left alone unless its entry changes, in ms. */
  busyRestMs?: number;
  /** The same for a worker that could not be reached, in ms. */
  unreachableRestMs?: number;
  /** How long a stopped job's call may take to end after Stop was answered, in ms. */
  stopLimitMs?: number;
  onWarning?: (message: string, details: { worker: string; key: string; error: unknown }) => void;
  /** A worker has finished a job. */
  onFinished?: () => void;
}

interface Waiter<Job> {
  want: Want<Job>;
  settle(result: { finished: JobFinished } | { error: unknown }): void;
}

interface Lease {
  worker: WorkerEntry;
  key: string;
  attempt: number;
  accepted: boolean;
  release: AbortController;
  ended: Promise<void>;
}

interface SharedJob<Job> {
  key: string;
  job: Job;
  waiters: Set<Waiter<Job>>;
  lease: Lease | null;
  progress: JobProgress;
}

/**
 * Hands waiting jobs to free workers: each key to one worker at a time, however many callers want it; a free worker to
 * the run with the fewest busy workers, then the oldest run, then by order within the run. Opens nothing itself.
 */
export class Dispatcher<Job> {
  readonly #link: JobLink<Job>;
  readonly #nextAttempt: () => number;
  readonly #clock: Clock;
  readonly #busyRestMs: number;
  readonly #unreachableRestMs: number;
  readonly #stopLimitMs: number;
  readonly #warn: NonNullable<DispatcherOptions<Job>['onWarning']>;
  readonly #onFinished: () => void;
  readonly #jobs = new Map<string, SharedJob<Job>>();
  readonly #leases = new Set<Lease>();
  /** Keys whose Stop is under way: a new job of that key waits for its end. */
  readonly #stopping = new Set<string>();
  /** Workers that get no offer for a while. */
  readonly #resting = new Map<string, { entry: string; callOff: () => void }>();
  #workers = new Map<string, WorkerEntry>();
  #closed = false;

  constructor(options: DispatcherOptions<Job>) {
    this.#link = options.link;
    this.#nextAttempt = options.nextAttempt;
    this.#clock = options.clock ?? systemClock;
    this.#busyRestMs = options.busyRestMs ?? 2_000;
    this.#unreachableRestMs = options.unreachableRestMs ?? 5_000;
    this.#stopLimitMs = options.stopLimitMs ?? cancelLimits.endMs;
    this.#warn = options.onWarning ?? (() => {});
    this.#onFinished = options.onFinished ?? (() => {});
  }

  /** Takes the workers that are there now; those missing from the list get no new work. */
  setWorkers(entries: readonly WorkerEntry[]): void {
    this.#workers = new Map(entries.map((entry) => [entry.id, entry]));
    for (const [id, rest] of this.#resting) {
      const entry = this.#workers.get(id);
      if (entry === undefined || fingerprint(entry) !== rest.entry) this.#wake(id);
    }
    this.#assign();
  }

  /** Jobs that somebody wants: those that wait for a worker, and those that a worker has. */
  get counts(): { waiting: number; running: number } {
    const jobs = [...this.#jobs.values()];
    const running = jobs.filter(({ lease }) => lease !== null).length;
    return { waiting: jobs.length - running, running };
  }

  /** Ids of the workers that have a job from here or say that they hold one. */
  get busy(): Set<string> {
    const busy = new Set([...this.#leases].map(({ worker }) => worker.id));
    for (const { id, keys } of this.#workers.values()) if (keys.length > 0) busy.add(id);
    return busy;
  }

  /** Workers that were announced last. */
  get workers(): WorkerEntry[] {
    return [...this.#workers.values()];
  }

  /** Asks for a job, joining the one of that key that waits or runs already. */
  request(want: Want<Job>): Ticket {
    const { promise: outcome, resolve, reject } = Promise.withResolvers<JobFinished>();
    // A caller that left does not look at the outcome any more.
    outcome.catch(() => {});
    const waiter: Waiter<Job> = {
      want,
      settle: (result) => ('finished' in result ? resolve(result.finished) : reject(result.error)),
    };
    const job = this.#jobs.get(want.key) ?? this.#add(want);
    job.waiters.add(waiter);
    this.#assign();
    return {
      outcome,
      own: job.job === want.job || JSON.stringify(job.job) === JSON.stringify(want.job),
      progress: () => job.progress,
      cancel: () => this.#leave(job, waiter, true),
      release: () => void this.#leave(job, waiter, false),
    };
  }

  /** Lets go of every job without stopping any; callers that still wait get an error. */
  close(): void {
    this.#closed = true;
    for (const id of [...this.#resting.keys()]) this.#wake(id);
    for (const lease of this.#leases) lease.release.abort();
    for (const job of [...this.#jobs.values()]) {
      this.#settle(job, { error: new JobError('leaving', 'the coordinator shuts down') });
    }
  }

  #add(want: Want<Job>): SharedJob<Job> {
    const job: SharedJob<Job> = {
      key: want.key,
      job: want.job,
      waiters: new Set(),
      lease: null,
      progress: waiting(want.total),
    };
    this.#jobs.set(want.key, job);
    return job;
  }

  #assign(): void {
    while (!this.#closed) {
      const next = this.#takeOver() ?? this.#fairest();
      if (next === null) return;
      this.#start(next.job, next.worker);
    }
  }

  /** A waiting job that a worker holds already, from before this coordinator started. */
  #takeOver(): { job: SharedJob<Job>; worker: WorkerEntry } | null {
    for (const worker of this.#workers.values()) {
      if (!this.#takesOffers(worker)) continue;
      for (const key of worker.keys) {
        const job = this.#jobs.get(key);
        if (job !== undefined && this.#waits(job)) return { job, worker };
      }
    }
    return null;
  }

  #fairest(): { job: SharedJob<Job>; worker: WorkerEntry } | null {
    const worker = this.#freestWorker();
    if (worker === null) return null;
    const busy = this.#busyByRun();
    let best: { job: SharedJob<Job>; rank: number[] } | null = null;
    for (const job of this.#jobs.values()) {
      if (!this.#waits(job)) continue;
      for (const { want } of job.waiters) {
        const rank = [busy.get(runKey(want.run)) ?? 0, want.run.startedAt, want.order];
        if (best === null || comesBefore(rank, best.rank)) best = { job, rank };
      }
    }
    return best === null ? null : { job: best.job, worker };
  }

  #waits(job: SharedJob<Job>): boolean {
    return job.lease === null && !this.#stopping.has(job.key);
  }

  #takesOffers(worker: WorkerEntry): boolean {
    return !worker.leaving && !this.#resting.has(worker.id);
  }

  #freestWorker(): WorkerEntry | null {
    let best: { worker: WorkerEntry; free: number } | null = null;
    for (const worker of this.#workers.values()) {
      if (!this.#takesOffers(worker)) continue;
      // An entry lags behind what was just handed out: both count.
      const held = new Set(worker.keys);
      for (const lease of this.#leases) if (lease.worker.id === worker.id) held.add(lease.key);
      const free = worker.slots - held.size;
      if (free > 0 && (best === null || free > best.free)) best = { worker, free };
    }
    return best?.worker ?? null;
  }

  #busyByRun(): Map<string, number> {
    const busy = new Map<string, number>();
    for (const job of this.#jobs.values()) {
      if (job.lease === null) continue;
      for (const run of new Set([...job.waiters].map(({ want }) => runKey(want.run)))) {
        busy.set(run, (busy.get(run) ?? 0) + 1);
      }
    }
    return busy;
  }

  #start(job: SharedJob<Job>, worker: WorkerEntry): void {
    const lease: Lease = {
      worker,
      key: job.key,
      attempt: this.#nextAttempt(),
      accepted: false,
      release: new AbortController(),
      ended: Promise.resolve(),
    };
    job.lease = lease;
    this.#leases.add(lease);
    lease.ended = this.#follow(job, lease);
  }

  async #follow(job: SharedJob<Job>, lease: Lease): Promise<void> {
    const { worker } = lease;
    const listener: JobListener = {
      accepted: (id) => {
        lease.accepted = true;
        this.#show(job, { ...job.progress, worker: id, state: 'running' });
      },
      progress: (figures) => this.#show(job, { ...job.progress, ...figures, state: 'running' }),
    };
    try {
      const call = { key: job.key, attempt: lease.attempt, job: job.job };
      const finished = await this.#link.run(worker, call, listener, lease.release.signal);
      this.#onFinished();
      this.#settle(job, { finished });
    } catch (error) {
      const refusal = lease.release.signal.aborted || lease.accepted ? null : refusalOf(error);
      if (refusal === 'busy') this.#rest(worker, this.#busyRestMs);
      if (refusal === 'unreachable') this.#rest(worker, this.#unreachableRestMs);
      // Busy is no failure: the job never began. An unreachable worker is one, which Temporal shows and retries.
      if (refusal === 'busy' && job.waiters.size > 0) {
        job.lease = null;
        this.#show(job, waiting(job.progress.total));
      } else {
        this.#settle(job, { error });
      }
    } finally {
      this.#leases.delete(lease);
    }
    this.#assign();
  }

  #settle(job: SharedJob<Job>, result: { finished: JobFinished } | { error: unknown }): void {
    if (this.#jobs.get(job.key) === job) this.#jobs.delete(job.key);
    for (const waiter of job.waiters) waiter.settle(result);
    job.waiters.clear();
  }

  #show(job: SharedJob<Job>, progress: JobProgress): void {
    job.progress = progress;
    for (const { want } of job.waiters) want.onProgress?.(progress);
  }

  async #leave(job: SharedJob<Job>, waiter: Waiter<Job>, stop: boolean): Promise<void> {
    if (!job.waiters.delete(waiter) || job.waiters.size > 0) return;
    if (this.#jobs.get(job.key) === job) this.#jobs.delete(job.key);
    const { lease } = job;
    if (lease === null) return;
    if (!stop) {
      lease.release.abort();
      return;
    }
    this.#stopping.add(job.key);
    try {
      await this.#link.stop(lease.worker, lease.key, lease.attempt);
      await this.#within(lease.ended, this.#stopLimitMs);
    } catch (error) {
      this.#warn('a job could not be stopped', { worker: lease.worker.id, key: job.key, error });
    } finally {
      lease.release.abort();
      this.#stopping.delete(job.key);
      this.#assign();
    }
  }

  async #within(ended: Promise<void>, milliseconds: number): Promise<void> {
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const callOff = this.#clock.after(milliseconds, resolve);
    await Promise.race([ended, late]);
    callOff();
  }

  #rest(worker: WorkerEntry, milliseconds: number): void {
    if (this.#closed) return;
    this.#resting.get(worker.id)?.callOff();
    // The entry may have changed since this worker was asked: what it says now is what must change.
    const entry = fingerprint(this.#workers.get(worker.id) ?? worker);
    const callOff = this.#clock.after(milliseconds, () => {
      this.#resting.delete(worker.id);
      this.#assign();
    });
    this.#resting.set(worker.id, { entry, callOff });
  }

  #wake(id: string): void {
    this.#resting.get(id)?.callOff();
    this.#resting.delete(id);
  }
}

/** Whether a worker that did not take a job should be left alone for a while. */
function refusalOf(error: unknown): 'busy' | 'unreachable' | null {
  if (!(error instanceof JobError)) return null;
  if (error.kind === 'busy') return 'busy';
  return error.lost || error.kind === 'leaving' ? 'unreachable' : null;
}

function waiting(total: number): JobProgress {
  return { done: 0, total, loss: null, imagesPerSecond: 0, worker: null, state: 'waiting' };
}

function runKey(run: RunIdentity): string {
  return `${run.workflowId}/${run.runId}`;
}

function fingerprint(entry: WorkerEntry): string {
  return JSON.stringify([entry.address, entry.slots, entry.keys, entry.leaving]);
}

function comesBefore(a: readonly number[], b: readonly number[]): boolean {
  const place = a.findIndex((value, index) => value !== b[index]);
  return place !== -1 && a[place]! < b[place]!;
}
