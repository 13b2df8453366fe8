import type { MemberSpec, WorkerEntry } from '@ddad/contract';
import { type JobFinished, type TrainerServiceClient, unary } from '@ddad/rpc';
import { cancelLimits } from './cancel-limits.ts';
import type { JobCall, JobLink, JobListener } from './dispatch/job-link.ts';
import { type CallLimits, callLimits, followCall } from './job-call.ts';
import { withWorkerClient } from './worker-client.ts';

/** A member's training, as a trainer is asked for it. */
export interface TrainJob {
  datasetDigest: string;
  /** Positions of the training images, in training order. */
  images: number[];
  member: MemberSpec;
}

/** Hands members to trainers at their announced addresses. */
export class TrainerLink implements JobLink<TrainJob> {
  readonly #connect: (address: string) => TrainerServiceClient;
  readonly #limits: CallLimits;

  /** @param connect makes a client of the trainer at host:port, which is closed here */
  constructor(connect: (address: string) => TrainerServiceClient, limits: CallLimits = callLimits) {
    this.#connect = connect;
    this.#limits = limits;
  }

  async run(
    worker: WorkerEntry,
    call: JobCall<TrainJob>,
    listener: JobListener,
    signal: AbortSignal,
  ): Promise<JobFinished> {
    const { key, attempt, job } = call;
    return this.#with(worker, (client) =>
      followCall(client.train({ job: { key, attempt }, ...job }), listener, signal, this.#limits),
    );
  }

  async stop(worker: WorkerEntry, key: string, attempt: number): Promise<void> {
    await this.#with(worker, (client) =>
      unary(client, client.stop, { job: { key, attempt } }, { limitMs: cancelLimits.stopMs }),
    );
  }

  #with<T>(worker: WorkerEntry, use: (client: TrainerServiceClient) => Promise<T>): Promise<T> {
    return withWorkerClient(this.#connect, 'trainer', worker, use);
  }
}
