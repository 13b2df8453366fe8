import type { JobProgress, WorkerEntry } from '@ddad/contract';
import type { JobFinished } from '@ddad/rpc';
import type { TraceParent } from '@ddad/tracing';

/** An artifact to be made, as a worker is asked for it. */
export interface WorkerJob {
  kind: string;
  spec: object;
  datasetDigest: string;
  /** Positions in the packed dataset of the images that it is about, in order. */
  images: number[];
}

/** One try at a job on one worker. */
export interface JobCall<Job> {
  key: string;
  attempt: number;
  job: Job;
  /** The span that it belongs to, where runs are traced. */
  trace?: TraceParent | undefined;
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
