import { workerData } from 'node:worker_threads';
import { anomalyBatches } from './anomaly-batches.ts';
import type { BatchOrders } from './batches-ahead.ts';

// A thread of `batchesAhead`. It must not load TensorFlow, which a process can load once.

const { input, shared, worker, workers, first, last } = workerData as BatchOrders;
const { places, made, taken, fault } = shared;

try {
  const write = anomalyBatches(input);
  for (let number = worker; first + number < last; number += workers) {
    // What lay in its place before has to be taken.
    for (;;) {
      const done = Atomics.load(taken, 0);
      if (number - done < places.length) break;
      Atomics.wait(taken, 0, done);
    }
    const place = number % places.length;
    write(first + number, places[place]!);
    Atomics.store(made, place, number + 1);
    Atomics.notify(made, place);
  }
} catch (error) {
  // The other thread waits and reads no messages meanwhile.
  const text = Buffer.from(String(error instanceof Error ? error.message : error)).subarray(
    0,
    fault.text.length,
  );
  fault.text.set(text);
  Atomics.store(fault.length, 0, Math.max(1, text.length));
}
