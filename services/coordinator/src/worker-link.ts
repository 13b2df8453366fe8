import { canonicalJson, type WorkerEntry } from '@ddad/contract';
import { type JobFinished, traceMetadata, unary, type WorkerServiceClient } from '@ddad/rpc';
import { noTracing, type Tracing } from '@ddad/tracing';
import { cancelLimits } from './cancel-limits.ts';
import type { JobCall, JobLink, JobListener, WorkerJob } from './dispatch/job-link.ts';
import { type CallLimits, callLimits, followCall } from './job-call.ts';
import { withWorkerClient } from './worker-client.ts';

/** Hands artifacts to be made to workers at their announced addresses. */
export class WorkerLink implements JobLink<WorkerJob> {
  readonly #connect: (address: string) => Promise<WorkerServiceClient>;
  readonly #what: string;
  readonly #limits: CallLimits;
  readonly #tracing: Tracing;

  /**
   * @param connect makes a client of the worker at host:port, which is closed here
   * @param what the workers are, for errors: "trainer"
   */
  constructor(
    connect: (address: string) => Promise<WorkerServiceClient>,
    what: string,
    limits: CallLimits = callLimits,
    tracing: Tracing = noTracing,
  ) {
    this.#tracing = tracing;
    this.#limits = limits;
    this.#connect = connect;
    this.#what = what;
  }

  async run(
    worker: WorkerEntry,
    { key, attempt, job, trace }: JobCall<WorkerJob>,
    listener: JobListener,
    signal: AbortSignal,
  ): Promise<JobFinished> {
    const { kind, spec, datasetDigest, images } = job;
    // The very bytes whose digest is the key.
    const bytes = Buffer.from(canonicalJson(spec));
    const request = { job: { key, attempt }, kind, spec: bytes, datasetDigest, images };
    const attributes = {
      ...{ 'rpc.system': 'grpc', 'rpc.service': 'ddad.v1.WorkerService', 'rpc.method': 'Make' },
      ...{ 'ddad.kind': kind, 'ddad.key': key, 'ddad.attempt': attempt, 'ddad.worker': worker.id },
    };
    const span = { parent: trace, side: 'client', attributes } as const;
    return this.#tracing.within('ddad.v1.WorkerService/Make', span, ({ parent }) =>
      this.#with(worker, (client) =>
        followCall(client.make(request, traceMetadata(parent)), listener, signal, this.#limits),
      ),
    );
  }

  async stop(worker: WorkerEntry, key: string, attempt: number): Promise<void> {
    await this.#with(worker, (client) =>
      unary(client, client.stop, { job: { key, attempt } }, { limitMs: cancelLimits.stopMs }),
    );
  }

  #with<T>(worker: WorkerEntry, use: (client: WorkerServiceClient) => Promise<T>): Promise<T> {
    return withWorkerClient(this.#connect, this.#what, worker, use);
  }
}
