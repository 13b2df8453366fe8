import type { KCurveSpec, MapSpec, RefinerSpec, WorkerEntry } from '@ddad/contract';
import { JobError, type JobFinished, type ScorerServiceClient, unary } from '@ddad/rpc';
import { cancelLimits } from './cancel-limits.ts';
import type { JobCall, JobLink, JobListener } from './dispatch/job-link.ts';
import { type CallLimits, callLimits, followCall, type JobStream } from './job-call.ts';
import { withWorkerClient } from './worker-client.ts';

/** A long job of the scorer. */
export type ScorerJob =
  | {
      kind: 'map';
      datasetDigest: string;
      /** Positions of the images to score. */
      images: number[];
      maps: MapSpec;
    }
  | {
      kind: 'k-curve';
      datasetDigest: string;
      /** Positions of the test images. */
      images: number[];
      kCurve: KCurveSpec;
    }
  | {
      kind: 'refine';
      datasetDigest: string;
      /** Positions of the normal training images. */
      images: number[];
      refiner: RefinerSpec;
      /** Maps to refine and the key under which the refined ones are published; both empty without test images. */
      mapsKey: string;
      refinedKey: string;
      /** Maps of other images, refined as well. */
      further: { mapsKey: string; refinedKey: string }[];
    };

/** Hands maps and refiners to scorers. */
export class ScorerLink implements JobLink<ScorerJob> {
  readonly #connect: (address: string) => ScorerServiceClient;
  readonly #limits: CallLimits;

  /** @param connect makes a client of the scorer at host:port, which is closed here */
  constructor(connect: (address: string) => ScorerServiceClient, limits: CallLimits = callLimits) {
    this.#connect = connect;
    this.#limits = limits;
  }

  run(
    worker: WorkerEntry,
    call: JobCall<ScorerJob>,
    listener: JobListener,
    signal: AbortSignal,
  ): Promise<JobFinished> {
    const { key, attempt, job } = call;
    const header = { key, attempt };
    return this.#with(worker, (client) =>
      followCall(callOf(client, header, job), listener, signal, this.#limits),
    );
  }

  async stop(worker: WorkerEntry, key: string, attempt: number): Promise<void> {
    await this.#with(worker, (client) =>
      unary(client, client.stop, { job: { key, attempt } }, { limitMs: cancelLimits.stopMs }),
    );
  }

  #with<T>(worker: WorkerEntry, use: (client: ScorerServiceClient) => Promise<T>): Promise<T> {
    return withWorkerClient(this.#connect, 'scorer', worker, use);
  }
}

/** Uses any one of the scorers that are there, another one each time. */
export type WithScorer = <T>(use: (client: ScorerServiceClient) => Promise<T>) => Promise<T>;

/**
 * @param scorers those that are there now
 * @returns throws a JobError that says it where there is none
 */
export function takingTurns(
  connect: (address: string) => ScorerServiceClient,
  scorers: () => readonly WorkerEntry[],
): WithScorer {
  let turn = 0;
  return async (use) => {
    const all = scorers().filter(({ leaving }) => !leaving);
    const scorer = all[turn % Math.max(1, all.length)];
    turn += 1;
    if (scorer === undefined) {
      throw new JobError('failed', 'expected a scorer, none is there', { transport: true, lost: true });
    }
    return withWorkerClient(connect, 'scorer', scorer, use);
  };
}

function callOf(
  client: ScorerServiceClient,
  header: { key: string; attempt: number },
  job: ScorerJob,
): JobStream {
  const { datasetDigest, images } = job;
  const common = { job: header, datasetDigest, images };
  if (job.kind === 'map') return client.map({ ...common, maps: job.maps });
  if (job.kind === 'k-curve') return client.kCurve({ ...common, kCurve: job.kCurve });
  const { refiner, mapsKey, refinedKey, further } = job;
  return client.refine({ ...common, refiner, mapsKey, refinedKey, further });
}
