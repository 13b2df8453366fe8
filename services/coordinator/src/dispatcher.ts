import type { JobProgress, WorkerEntry } from '@ddad/contract';
import { JobError, type JobFinished } from '@ddad/rpc';
import { cancelLimits } from './cancel-limits.ts';
import { type Clock, systemClock } from './clock.ts';
import { FailureLedger, type SetAside } from './dispatch/failure-ledger.ts';
import { fairest } from './dispatch/fairness.ts';
import type { JobLink, JobListener } from './dispatch/job-link.ts';
import { type Caller, type Lease, type Outcome, SharedJob, type Want } from './dispatch/shared-job.ts';
import { WorkerPool } from './dispatch/worker-pool.ts';
import { isSilence } from './job-call.ts';
import { mayBeToBlame } from './job-failures.ts';
import { withoutStack } from './without-stack.ts';

// Here for workflow code, which is replayed and stays as it is.
export type { RunIdentity } from './dispatch/fairness.ts';

/** A caller's hold on a job, which it may share with others. */
export interface Ticket {
  /** @throws JobError */
  readonly outcome: Promise<JobFinished>;
  /** False where a job of that key that somebody else asked for was joined, and it is not the same in every detail. */
  readonly own: boolean;
  progress(): JobProgress;
  /** The worker that has the job, or had it last; null where none has. */
  readonly worker: string | null;
  /** Leaves the job; the last one to leave stops it, and then this resolves once the worker is idle (bounded). */
  cancel(): Promise<void>;
  /** Leaves the job; the last one to leave lets it run on, for somebody else to take over. */
  release(): void;
}

export interface DispatcherOptions<Job> {
  link: JobLink<Job>;
  nextAttempt: () => number;
  clock?: Clock;
  /** How long a worker that said it is busy is left alone unless its entry changes, in ms. */
  busyRestMs?: number;
  /** The same for a worker that could not be reached, in ms. */
  unreachableRestMs?: number;
  /** The same for a worker that took a job and fell silent, whatever its entry says, in ms. */
  silentRestMs?: number;
  /** How long a stopped job's call may take to end after Stop was answered, in ms. */
  stopLimitMs?: number;
  onWarning?: (message: string, details: { worker: string; key: string; error: unknown }) => void;
  /** A worker has finished a job. */
  onFinished?: () => void;
  /** A worker gets no jobs until its pause is over; others are there meanwhile. */
  onSetAside?: (setAside: SetAside, key: string) => void;
}

type Refusal = 'busy' | 'unreachable' | 'silent';

/**
 * Hands waiting jobs to free workers: each key to one worker at a time, however many callers want it; a free worker to
 * the run with the fewest busy workers, then the oldest run, then by order within the run. Opens nothing itself.
 */
export class Dispatcher<Job> {
  readonly #link: JobLink<Job>;
  readonly #nextAttempt: () => number;
  readonly #clock: Clock;
  /** How long a worker that refused a job is left alone, in ms. */
  readonly #restMs: Record<Refusal, number>;
  readonly #stopLimitMs: number;
  readonly #warn: NonNullable<DispatcherOptions<Job>['onWarning']>;
  readonly #onFinished: () => void;
  readonly #onSetAside: NonNullable<DispatcherOptions<Job>['onSetAside']>;
  readonly #pool: WorkerPool;
  readonly #ledger: FailureLedger;
  readonly #jobs = new Map<string, SharedJob<Job>>();
  readonly #leases = new Set<Lease>();
  /** Keys whose Stop is under way: a new job of that key waits for its end. */
  readonly #stopping = new Set<string>();
  #closed = false;

  constructor(options: DispatcherOptions<Job>) {
    this.#link = options.link;
    this.#nextAttempt = options.nextAttempt;
    this.#clock = options.clock ?? systemClock;
    this.#restMs = {
      busy: options.busyRestMs ?? 2_000,
      unreachable: options.unreachableRestMs ?? 5_000,
      silent: options.silentRestMs ?? 120_000,
    };
    this.#stopLimitMs = options.stopLimitMs ?? cancelLimits.endMs;
    this.#warn = options.onWarning ?? (() => {});
    this.#onFinished = options.onFinished ?? (() => {});
    this.#onSetAside = options.onSetAside ?? (() => {});
    this.#pool = new WorkerPool(this.#clock, () => this.#assign());
    this.#ledger = new FailureLedger(this.#clock, () => this.#assign());
  }

  /** Takes the workers that are there now; those missing from the list get no new work. */
  setWorkers(entries: readonly WorkerEntry[]): void {
    this.#pool.set(entries);
    this.#ledger.setWorkers(entries);
    this.#assign();
  }

  /** Jobs that somebody wants: those that wait for a worker, and those that a worker has. */
  get counts(): { waiting: number; running: number } {
    const running = this.#running.length;
    return { waiting: this.#jobs.size - running, running };
  }

  /** Ids of the workers that have a job from here or say that they hold one. */
  get busy(): Set<string> {
    return this.#pool.busy(this.#leases);
  }

  /** Workers that were announced last. */
  get workers(): WorkerEntry[] {
    return this.#pool.all;
  }

  /** Workers that are left alone as they fail what others make. Where all do, the fault is hardly theirs: none is. */
  get setAside(): SetAside[] {
    const asked = new Set(this.#askable);
    const there = new Set(this.#pool.present.map(({ id }) => id));
    return this.#ledger.setAside.filter(({ worker }) => there.has(worker) && !asked.has(worker));
  }

  /** Whether a worker is there that is none of these. */
  hasOthersThan(ids: readonly string[]): boolean {
    return this.#pool.present.some(({ id }) => !ids.includes(id));
  }

  /** What failed a key's jobs was none of their workers' fault. */
  acquit(key: string): void {
    this.#ledger.acquit(key);
    this.#assign();
  }

  /** Asks for a job, joining the one of that key that waits or runs already. */
  request(want: Want<Job>): Ticket {
    const job = this.#jobs.get(want.key) ?? new SharedJob(want);
    this.#jobs.set(want.key, job);
    const caller = job.join(want);
    this.#assign();
    return {
      outcome: caller.outcome,
      own: job.is(want.job),
      progress: () => job.progress,
      get worker() {
        return job.lease?.worker.id ?? null;
      },
      cancel: () => this.#leave(job, caller, true),
      release: () => void this.#leave(job, caller, false),
    };
  }

  /** Lets go of every job without stopping any; callers that still wait get an error. */
  close(): void {
    this.#closed = true;
    this.#pool.close();
    this.#ledger.close();
    for (const lease of this.#leases) lease.release.abort();
    for (const job of [...this.#jobs.values()]) {
      this.#settle(job, { error: new JobError('leaving', 'the coordinator shuts down') });
    }
  }

  #assign(): void {
    while (!this.#closed) {
      const next = this.#takeOver() ?? this.#nextForFree();
      if (next === null) return;
      this.#start(next.job, next.worker);
    }
  }

  /** A waiting job that a worker holds already, from before this coordinator started. */
  #takeOver(): { job: SharedJob<Job>; worker: WorkerEntry } | null {
    for (const worker of this.#pool.holders) {
      for (const key of worker.keys) {
        const job = this.#jobs.get(key);
        if (job !== undefined && this.#waits(job)) return { job, worker };
      }
    }
    return null;
  }

  /** Ids of the workers that get new jobs: those that are not set aside, or all where there are none. */
  get #askable(): string[] {
    const present = this.#pool.present.map(({ id }) => id);
    const trusted = present.filter((id) => !this.#ledger.isSetAside(id));
    return trusted.length > 0 ? trusted : present;
  }

  #nextForFree(): { job: SharedJob<Job>; worker: WorkerEntry } | null {
    const waiting = [...this.#jobs.values()].filter((job) => this.#waits(job));
    if (waiting.length === 0) return null;
    const askable = this.#askable;
    const free = this.#pool.free(this.#leases).filter(({ id }) => askable.includes(id));
    const onProbation = ({ id }: WorkerEntry) => this.#ledger.onProbation(id);
    for (const worker of free.sort((a, b) => Number(onProbation(a)) - Number(onProbation(b)))) {
      const fitting = waiting.filter(({ key }) => !this.#ledger.avoids(worker.id, key, askable));
      const job = fairest(fitting, this.#running);
      if (job !== null) return { job, worker };
    }
    return null;
  }

  get #running(): SharedJob<Job>[] {
    return [...this.#jobs.values()].filter(({ lease }) => lease !== null);
  }

  #waits(job: SharedJob<Job>): boolean {
    return job.lease === null && !this.#stopping.has(job.key);
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
        job.show({ worker: id, state: 'running' });
      },
      progress: (figures) => job.show({ ...figures, state: 'running' }),
    };
    try {
      const call = { key: job.key, attempt: lease.attempt, job: job.job, trace: job.trace };
      const finished = await this.#link.run(worker, call, listener, lease.release.signal);
      this.#onFinished();
      // Whoever found it published has not shown that it can make it.
      if (!finished.reused) this.#tellSetAside(job.key, this.#ledger.made(worker.id, job.key));
      this.#settle(job, { finished });
    } catch (error) {
      if (!lease.release.signal.aborted && error instanceof JobError && mayBeToBlame(error))
        this.#blame(lease, error);
      const refusal = lease.release.signal.aborted ? null : refusalOf(error, lease.accepted);
      if (refusal !== null) this.#pool.rest(worker, this.#restMs[refusal], refusal === 'silent');
      if (refusal === 'silent') this.#stopSilent(lease);
      // Busy is no failure: the job never began. An unreachable worker is one, which Temporal shows and retries.
      if (refusal === 'busy' && job.wanted) job.waitAgain();
      else this.#settle(job, { error });
    } finally {
      this.#leases.delete(lease);
    }
    this.#assign();
  }

  #blame({ worker, key }: Lease, error: Error): void {
    this.#warn('a worker failed a job', { worker: worker.id, key, error });
    const setAside = this.#ledger.failed(worker.id, key, withoutStack(error.message));
    this.#tellSetAside(key, setAside === null ? [] : [setAside]);
  }

  #tellSetAside(key: string, paused: readonly SetAside[]): void {
    const inEffect = new Set(this.setAside.map(({ worker }) => worker));
    for (const one of paused) if (inEffect.has(one.worker)) this.#onSetAside(one, key);
  }

  /** The job goes on elsewhere at once: what the silent worker still does cannot win, but it holds a slot. */
  #stopSilent({ worker, key, attempt }: Lease): void {
    this.#link.stop(worker, key, attempt).catch((error: unknown) => {
      this.#warn('a silent worker could not be asked to stop its job', { worker: worker.id, key, error });
    });
  }

  #settle(job: SharedJob<Job>, outcome: Outcome): void {
    this.#forget(job);
    job.settle(outcome);
  }

  #forget(job: SharedJob<Job>): void {
    if (this.#jobs.get(job.key) === job) this.#jobs.delete(job.key);
  }

  async #leave(job: SharedJob<Job>, caller: Caller<Job>, stop: boolean): Promise<void> {
    if (!job.leave(caller)) return;
    this.#forget(job);
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
}

/** Whether a worker that did not take a job, or took it and fell silent, should be left alone for a while. */
function refusalOf(error: unknown, accepted: boolean): Refusal | null {
  if (isSilence(error)) return 'silent';
  if (accepted || !(error instanceof JobError)) return null;
  if (error.kind === 'busy') return 'busy';
  return error.lost || error.kind === 'leaving' ? 'unreachable' : null;
}
