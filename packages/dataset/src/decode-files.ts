import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { decodeFile, type FileJob, type FileOutcome } from './decode-file.ts';
import type { WorkerAnswer, WorkerJob } from './decode-worker.ts';
import { roomAlone, sharedRoom } from './memory-room.ts';

/** Files that are worth a thread of their own, which takes as long to start as some ten images to decode. */
const filesOfThread = 16;
/** Each thread takes some 60 MB by itself, and all of them must stay below a gigabyte. */
const mostThreads = 10;
/** Files that a thread has at hand, so that it need not wait for this one to be awake between two. */
const filesAtHand = 2;

/**
 * Decodes files on all processors.
 * @param done called with every outcome, in whatever order
 * @throws what is no fault of a file; nothing is decoded any more then
 */
export async function decodeFiles(
  jobs: readonly FileJob[],
  done: (outcome: FileOutcome, position: number) => void,
): Promise<void> {
  const threads = Math.min(availableParallelism(), mostThreads, Math.floor(jobs.length / filesOfThread));
  if (threads <= 1) {
    for (const [position, job] of jobs.entries()) done(await decodeFile(job, roomAlone), position);
    return;
  }
  const left = sharedRoom();
  let next = 0;
  const workers: Worker[] = [];
  try {
    await Promise.all(
      Array.from({ length: threads }, () => {
        // Node runs TypeScript as it is, whatever loaders this thread was started with.
        const worker = new Worker(new URL('./decode-worker.ts', import.meta.url), {
          workerData: { left },
          execArgv: [],
        });
        workers.push(worker);
        return new Promise<void>((resolve, reject) => {
          let atHand = 0;
          const take = () => {
            const id = next++;
            const job = jobs[id];
            if (job !== undefined) {
              atHand += 1;
              worker.postMessage({ id, job } satisfies WorkerJob);
            } else if (atHand === 0) resolve();
          };
          worker.on('message', ({ id, outcome }: WorkerAnswer) => {
            try {
              done(outcome, id);
              atHand -= 1;
              take();
            } catch (error) {
              reject(error);
            }
          });
          worker.on('error', reject);
          worker.on('exit', (code) => reject(new Error(`a thread that decodes images ended with ${code}`)));
          for (let file = 0; file < filesAtHand; file++) take();
        });
      }),
    );
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}
