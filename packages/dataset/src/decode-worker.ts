import { parentPort, workerData } from 'node:worker_threads';
import { decodeFile, type FileJob, type FileOutcome } from './decode-file.ts';
import { roomAmong } from './memory-room.ts';

// A thread of `decodeFiles`: takes a job, answers with its outcome, and waits for the next one.

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

parentPort!.on('message', async ({ id, job }: WorkerJob) => {
  const outcome = await decodeFile(job, room);
  const moved = outcome.parts.flatMap((part) =>
    'pictures' in part
      ? part.pictures.flatMap(({ pixels }) => pixels.map(({ buffer }) => buffer as ArrayBuffer))
      : [],
  );
  parentPort!.postMessage({ id, outcome } satisfies WorkerAnswer, moved);
});
