import type { MapSpec, RefinerSpec } from '@ddad/contract';
import { type JobFinished, type ScorerServiceClient, unary } from '@ddad/rpc';
import { cancelLimits } from './cancel-limits.ts';
import type { JobCall, JobLink, JobListener, WorkerEntry } from './dispatcher.ts';
import { followCall } from './job-call.ts';

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

const acceptLimitMs = 30_000;

/** The scorer as the dispatcher sees it: it alone knows its slots, and says when it is busy. */
export function scorerEntry(address: string): WorkerEntry {
  return { id: 'scorer', address, slots: Number.MAX_SAFE_INTEGER, keys: [], leaving: false };
}

/** Hands maps and refiners to the scorer over a connection that the caller owns. */
export class ScorerLink implements JobLink<ScorerJob> {
  readonly #client: ScorerServiceClient;

  constructor(client: ScorerServiceClient) {
    this.#client = client;
  }

  run(
    _worker: WorkerEntry,
    call: JobCall<ScorerJob>,
    listener: JobListener,
    signal: AbortSignal,
  ): Promise<JobFinished> {
    const { key, attempt, job } = call;
    const header = { key, attempt };
    const stream =
      job.kind === 'map'
        ? this.#client.map({
            job: header,
            datasetDigest: job.datasetDigest,
            images: job.images,
            maps: job.maps,
          })
        : this.#client.refine({
            job: header,
            datasetDigest: job.datasetDigest,
            images: job.images,
            refiner: job.refiner,
            mapsKey: job.mapsKey,
            refinedKey: job.refinedKey,
            further: job.further,
          });
    return followCall(stream, listener, signal, acceptLimitMs);
  }

  async stop(_worker: WorkerEntry, key: string, attempt: number): Promise<void> {
    await unary(this.#client, this.#client.stop, { job: { key, attempt } }, { limitMs: cancelLimits.stopMs });
  }
}
