import type { WorkerEntry } from '@ddad/contract';
import { JobError, type JobFinished } from '@ddad/rpc';
import type { JobCall, JobLink, JobListener } from './job-link.ts';

interface Started {
  worker: string;
  key: string;
  attempt: number;
  trace: JobCall<string>['trace'];
  listener: JobListener;
  finish(result?: Partial<JobFinished>): Promise<void>;
  fail(error: unknown): Promise<void>;
}

/** Workers whose jobs end when the test says so. */
export class FakeLink implements JobLink<string> {
  readonly started: Started[] = [];
  readonly stopped: { worker: string; key: string; attempt: number }[] = [];
  readonly released: string[] = [];
  onStop: () => Promise<void> = async () => {};

  run(worker: WorkerEntry, call: JobCall<string>, listener: JobListener, signal: AbortSignal) {
    const { promise, resolve, reject } = Promise.withResolvers<JobFinished>();
    signal.addEventListener('abort', () => {
      this.released.push(call.key);
      reject(signal.reason);
    });
    this.started.push({
      worker: worker.id,
      key: call.key,
      attempt: call.attempt,
      trace: call.trace,
      listener,
      finish: async (result) => {
        resolve({ reused: false, seconds: 1, worker: worker.id, ...result });
        await settled();
      },
      fail: async (error) => {
        reject(error);
        await settled();
      },
    });
    return promise;
  }

  async stop(worker: WorkerEntry, key: string, attempt: number): Promise<void> {
    this.stopped.push({ worker: worker.id, key, attempt });
    await this.onStop();
    await this.running(key)?.fail(new JobError('stopped', 'stopped on request'));
  }

  running(key: string): Started | undefined {
    return this.started.findLast((one) => one.key === key);
  }

  get keys(): string[] {
    return this.started.map(({ key }) => key);
  }
}

/** Lets everything that waits for a settled promise go on. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** A trainer with one slot that holds nothing. */
export function trainer(id: string, more: Partial<WorkerEntry> = {}): WorkerEntry {
  const since = '2026-01-01T00:00:00.000Z';
  const free = { slots: 1, keys: [], leaving: false };
  return { pool: 'train', id, address: `${id}:1`, device: 'a test', since, ...free, ...more };
}
