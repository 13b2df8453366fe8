import { mostReason, type WorkerEntry, type WorkerState } from '@ddad/contract';
import type { SetAside } from './dispatch/failure-ledger.ts';

/** What of a dispatcher says how its workers are. */
export interface SeenWorkers {
  readonly workers: readonly WorkerEntry[];
  readonly busy: ReadonlySet<string>;
  readonly setAside: readonly SetAside[];
}

/** How each worker of a pool is, in their order. */
export function workerStates({ workers, busy, setAside }: SeenWorkers): WorkerState[] {
  return workers.map(({ pool, id, device, slots, leaving, unfit }): WorkerState => {
    const common = { pool, id, device: oneLine(device), slots, reason: null, until: null };
    if (leaving) return { ...common, state: 'leaving' };
    if (unfit !== undefined) return { ...common, state: 'unfit', reason: oneLine(unfit) };
    const pause = setAside.find(({ worker }) => worker === id);
    if (pause === undefined) return { ...common, state: busy.has(id) ? 'busy' : 'idle' };
    const until = new Date(pause.until).toISOString();
    return { ...common, state: 'set aside', reason: oneLine(pause.cause), until };
  });
}

/** What others wrote, for a terminal or a page: one line of bounded length, without control characters. */
export function oneLine(text: string): string {
  const line = text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ').trim();
  return line.length > mostReason ? `${line.slice(0, mostReason - 3)}...` : line;
}
