import { type JobProgress, type WorkerEntry, waitingProgress } from '@ddad/contract';
import type { JobFinished } from '@ddad/rpc';
import type { TraceParent } from '@ddad/tracing';
import type { Claim } from './fairness.ts';

/** What an activity asks for. */
export interface Want<Job> extends Claim {
  key: string;
  job: Job;
  /** Units of work, for the progress shown while it waits. */
  total: number;
  onProgress?: (progress: JobProgress) => void;
  /** The span that it belongs to, where runs are traced. */
  trace?: TraceParent | undefined;
}

/** How a job ends. */
export type Outcome = { finished: JobFinished } | { error: unknown };

/** One of those who want a job. */
export interface Caller<Job> {
  readonly want: Want<Job>;
  /** @throws JobError */
  readonly outcome: Promise<JobFinished>;
  settle(result: Outcome): void;
}

/** One try at a job by one worker. */
export interface Lease {
  worker: WorkerEntry;
  key: string;
  attempt: number;
  accepted: boolean;
  /** Lets go of the call without stopping the job. */
  release: AbortController;
  ended: Promise<void>;
}

/** A job of one key, which everybody who asks for that key has together. */
export class SharedJob<Job> {
  readonly key: string;
  readonly job: Job;
  /** Null while it waits for a worker. */
  lease: Lease | null = null;
  readonly #callers = new Set<Caller<Job>>();
  #progress: JobProgress;

  /** @param want the first caller's, which has to join as well */
  constructor(want: Want<Job>) {
    this.key = want.key;
    this.job = want.job;
    this.#progress = waitingProgress(want.total);
  }

  join(want: Want<Job>): Caller<Job> {
    const { promise: outcome, resolve, reject } = Promise.withResolvers<JobFinished>();
    // A caller that left does not look at the outcome any more.
    outcome.catch(() => {});
    const caller: Caller<Job> = {
      want,
      outcome,
      settle: (result) => ('finished' in result ? resolve(result.finished) : reject(result.error)),
    };
    this.#callers.add(caller);
    return caller;
  }

  /** Takes a caller off. @returns true where it was the last one: nobody wants the job any more */
  leave(caller: Caller<Job>): boolean {
    return this.#callers.delete(caller) && this.#callers.size === 0;
  }

  get wanted(): boolean {
    return this.#callers.size > 0;
  }

  get wants(): Want<Job>[] {
    return [...this.#callers].map(({ want }) => want);
  }

  /** Of several runs that want it, the first one's: a span has one parent. */
  get trace(): TraceParent | undefined {
    return this.wants.find(({ trace }) => trace !== undefined)?.trace;
  }

  /** Whether what somebody wants is this in every detail, not only in its key. */
  is(job: Job): boolean {
    return this.job === job || JSON.stringify(this.job) === JSON.stringify(job);
  }

  get progress(): JobProgress {
    return this.#progress;
  }

  /** Tells all callers how the job goes. */
  show(news: Partial<JobProgress>): void {
    this.#progress = { ...this.#progress, ...news };
    for (const { want } of this.#callers) want.onProgress?.(this.#progress);
  }

  /** Has the job wait for another worker, from the beginning. */
  waitAgain(): void {
    this.lease = null;
    this.show(waitingProgress(this.#progress.total));
  }

  /** Tells all callers how the job has ended; they are its callers no more. */
  settle(result: Outcome): void {
    for (const caller of this.#callers) caller.settle(result);
    this.#callers.clear();
  }
}
