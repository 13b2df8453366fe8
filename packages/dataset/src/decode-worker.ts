import { parentPort, workerData } from 'node:worker_threads';
import { decodeFile, type FileJob, type FileOutcome } from './decode-file.ts';
import { roomAmong } from './memory-room.ts';

// A thread of `decodeFiles`: does one job after another, and answers with the outcome of each.

/** What a thread is told. */
export interface WorkerJob {
  id: number;
  job: FileJob;
}
/** What it answers. */
export interface WorkerAnswer {
  id: number;
  outcome: FileOutcome;
}

const room = roomAmong((workerData as { left: Int32Array<SharedArrayBuffer> }).left);

async function work({ id, job }: WorkerJob): Promise<void> {
  const outcome = await decodeFile(job, room);
  const moved = outcome.parts.flatMap((part) =>
    'pictures' in part
      ? part.pictures.flatMap(({ pixels }) => pixels.map(({ buffer }) => buffer as ArrayBuffer))
      : [],
  );
  parentPort!.postMessage({ id, outcome } satisfies WorkerAnswer, moved);
}

// Never two at once: one that waits for room blocks the thread, and the other would never give its own back.
let last = Promise.resolve();
parentPort!.on('message', (message: WorkerJob) => {
  last = last.then(() => work(message));
});
