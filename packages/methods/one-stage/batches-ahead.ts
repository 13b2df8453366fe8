import { Worker } from 'node:worker_threads';
import type { AnomalyBatch, AnomalyBatchesInput } from './anomaly-batches.ts';

/** What threads that make batches share: all of it in memory that every one of them sees. */
export interface SharedBatches {
  /** A batch a place; the batch of step `first + n` lies in place n modulo their number. */
  places: AnomalyBatch[];
  /** By place: 1 + n of the batch that lies there. */
  made: Int32Array<SharedArrayBuffer>;
  /** One number: how many batches were taken. */
  taken: Int32Array<SharedArrayBuffer>;
  /** Length of a thread's fault, 0 for none, and its text. */
  fault: { length: Int32Array<SharedArrayBuffer>; text: Uint8Array<SharedArrayBuffer> };
}

/** What one thread makes: the batches of steps `first + worker`, then every `workers`-th one, up to `last`. */
export interface BatchOrders {
  input: AnomalyBatchesInput;
  shared: SharedBatches;
  worker: number;
  workers: number;
  first: number;
  last: number;
}

export interface AheadSettings {
  /** Number of threads, at least 1. */
  workers: number;
  /** Number of batches that may lie there, at least as many. */
  places: number;
  /** Steps from `first` on, before `last`. */
  first: number;
  last: number;
}

/** Batches that threads make ahead of the steps. They run until they are closed. */
export interface BatchesAhead {
  /**
   * Gives the batch of the next step, and waits for it where it is not there yet.
   * @throws where a thread failed, or gave nothing for a minute
   */
  take(target: AnomalyBatch): void;
  close(): Promise<void>;
}

/** Nothing that a thread makes takes as long. */
const patience = 60_000;

const integers = (count: number) => new Int32Array(new SharedArrayBuffer(4 * count));

/**
 * Makes batches ahead, in threads of their own, so that a GPU need not wait for them. They are those of `anomalyBatches`, byte by byte,
 * however many threads there are.
 */
export function batchesAhead(
  input: AnomalyBatchesInput,
  { workers, places, first, last }: AheadSettings,
): BatchesAhead {
  const values = input.batchSize * input.side ** 2;
  const floats = () => new Float32Array(new SharedArrayBuffer(4 * values));
  const shared: SharedBatches = {
    places: Array.from({ length: places }, () => ({ images: floats(), labels: floats() })),
    made: integers(places),
    taken: integers(1),
    fault: { length: integers(1), text: new Uint8Array(new SharedArrayBuffer(1000)) },
  };
  const images = new Uint8Array(new SharedArrayBuffer(input.images.length));
  images.set(input.images);
  const threads = Array.from({ length: workers }, (_, worker) => {
    const workerData: BatchOrders = { input: { ...input, images }, shared, worker, workers, first, last };
    // Node runs TypeScript as it is, whatever loaders this thread was started with.
    return new Worker(new URL('./batch-worker.ts', import.meta.url), { workerData, execArgv: [] });
  });
  let next = 0;
  return {
    take(target) {
      const place = next % places;
      const started = performance.now();
      for (;;) {
        const made = Atomics.load(shared.made, place);
        if (made === next + 1) break;
        const length = Atomics.load(shared.fault.length, 0);
        if (length > 0)
          throw new Error(
            `a thread that makes batches failed: ${Buffer.from(shared.fault.text.slice(0, length)).toString()}`,
          );
        if (performance.now() - started > patience)
          throw new Error(`step ${first + next}: expected a batch within a minute, got none`);
        Atomics.wait(shared.made, place, made, 200);
      }
      const { images: from, labels } = shared.places[place]!;
      target.images.set(from);
      target.labels.set(labels);
      next += 1;
      Atomics.store(shared.taken, 0, next);
      Atomics.notify(shared.taken, 0);
    },
    async close() {
      await Promise.all(threads.map((thread) => thread.terminate()));
    },
  };
}
