import type { JobEvent, JobStep } from '@ddad/rpc';
import type { Caller } from './job-host.ts';

/** One call of a job, as its caller sees it. */
export interface TestCaller extends Caller {
  events: JobStep[];
  /** The last event, once the call ended well. Rejects with its error otherwise. */
  ended: Promise<JobStep | undefined>;
  /** Resolves once this many epochs are done. */
  reached(epochs: number): Promise<void>;
  /** Ends the call from this side. */
  hangUp(): void;
}

export function testCaller(): TestCaller {
  const events: JobStep[] = [];
  const waiting: { epochs: number; resolve(): void }[] = [];
  const { promise: ended, resolve, reject } = Promise.withResolvers<JobStep | undefined>();
  ended.catch(() => {});
  const closed = Promise.withResolvers<void>();
  const epochsOf = (step: JobStep | undefined) => (step?.$case === 'progress' ? step.value.done : 0);
  return {
    events,
    ended,
    closed: closed.promise,
    hangUp: closed.resolve,
    writer: {
      send({ event }: JobEvent) {
        if (event === undefined) return;
        events.push(event);
        for (const one of waiting) if (epochsOf(event) >= one.epochs) one.resolve();
      },
      end() {
        resolve(events.at(-1));
        closed.resolve();
      },
      fail(error) {
        reject(error);
        closed.resolve();
      },
    },
    reached: (epochs) =>
      new Promise((reachedIt, failed) => {
        if (events.some((step) => epochsOf(step) >= epochs)) return reachedIt();
        waiting.push({ epochs, resolve: reachedIt });
        ended.then(() => failed(new Error(`ended before epoch ${epochs}`)), failed);
      }),
  };
}
