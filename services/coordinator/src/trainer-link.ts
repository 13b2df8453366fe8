import type { MemberSpec } from '@ddad/contract';
import { JobError, type JobFinished, type TrainerServiceClient, unary } from '@ddad/rpc';
import { cancelLimits } from './cancel-limits.ts';
import type { JobCall, JobLink, JobListener, WorkerEntry } from './dispatcher.ts';
import { followCall } from './job-call.ts';

/** A member's training, as a trainer is asked for it. */
export interface TrainJob {
  datasetDigest: string;
  /** Positions of the training images, in training order. */
  images: number[];
  member: MemberSpec;
}

const acceptLimitMs = 30_000;

/** Hands members to trainers at their announced addresses. */
export class TrainerLink implements JobLink<TrainJob> {
  readonly #connect: (address: string) => TrainerServiceClient;

  /** @param connect makes a client of the trainer at host:port, which is closed here */
  constructor(connect: (address: string) => TrainerServiceClient) {
    this.#connect = connect;
  }

  async run(
    worker: WorkerEntry,
    call: JobCall<TrainJob>,
    listener: JobListener,
    signal: AbortSignal,
  ): Promise<JobFinished> {
    const { key, attempt, job } = call;
    return this.#with(worker, (client) =>
      followCall(client.train({ job: { key, attempt }, ...job }), listener, signal, acceptLimitMs),
    );
  }

  async stop(worker: WorkerEntry, key: string, attempt: number): Promise<void> {
    await this.#with(worker, (client) =>
      unary(client, client.stop, { job: { key, attempt } }, { limitMs: cancelLimits.stopMs }),
    );
  }

  /** A connection for one call: trainers come and go with their addresses. */
  async #with<T>(worker: WorkerEntry, use: (client: TrainerServiceClient) => Promise<T>): Promise<T> {
    const client = this.#connect(worker.address);
    try {
      return await use(client);
    } catch (error) {
      throw naming(error, `trainer ${worker.id} (${worker.address})`);
    } finally {
      client.close();
    }
  }
}

/** The same error, saying whose it is. */
function naming(error: unknown, who: string): unknown {
  if (!(error instanceof JobError)) return error;
  const { kind, transport, lost } = error;
  return new JobError(kind, `${who}: ${error.message}`, { cause: error, transport, lost });
}
