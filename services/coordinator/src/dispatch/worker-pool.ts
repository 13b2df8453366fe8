import type { WorkerEntry } from '@ddad/contract';
import type { Clock } from '../clock.ts';

/** A job that a worker was given; its entry says so a moment later. */
interface HandedOut {
  worker: WorkerEntry;
  key: string;
}

/** Workers that are there, which of them has room, and which is left alone for a while. */
export class WorkerPool {
  readonly #clock: Clock;
  readonly #onRested: () => void;
  /** Workers that get no offer for a while. */
  readonly #resting = new Map<string, { firm: boolean; entry: string; callOff: () => void }>();
  #workers = new Map<string, WorkerEntry>();
  #closed = false;

  /** @param onRested a worker that was left alone can be asked again */
  constructor(clock: Clock, onRested: () => void) {
    this.#clock = clock;
    this.#onRested = onRested;
  }

  /** Takes the workers that are there now; one that rested and says something new is asked again. */
  set(entries: readonly WorkerEntry[]): void {
    this.#workers = new Map(entries.map((entry) => [entry.id, entry]));
    for (const [id, rest] of this.#resting) {
      const entry = this.#workers.get(id);
      if (entry === undefined || fingerprint(entry, rest.firm) !== rest.entry) this.#wake(id);
    }
  }

  /** Workers that were announced last. */
  get all(): WorkerEntry[] {
    return [...this.#workers.values()];
  }

  /** Those that will take jobs, now or in a moment: neither about to leave, nor unfit by their own word, nor silent. */
  get present(): WorkerEntry[] {
    return this.all.filter(
      ({ id, leaving, unfit }) => !leaving && unfit === undefined && this.#resting.get(id)?.firm !== true,
    );
  }

  /** Those that can be asked now for what they hold already. */
  get holders(): WorkerEntry[] {
    return this.all.filter(({ id, leaving }) => !leaving && !this.#resting.has(id));
  }

  /** Those that can be asked now to take what is new. */
  get takingOffers(): WorkerEntry[] {
    return this.holders.filter(({ unfit }) => unfit === undefined);
  }

  /** Ids of the workers that were given a job or say that they hold one. */
  busy(handedOut: Iterable<HandedOut>): Set<string> {
    const busy = new Set([...handedOut].map(({ worker }) => worker.id));
    for (const { id, keys } of this.#workers.values()) if (keys.length > 0) busy.add(id);
    return busy;
  }

  /** The workers that have free slots and take offers, the freest first. */
  free(handedOut: Iterable<HandedOut>): WorkerEntry[] {
    const given = [...handedOut];
    return this.takingOffers
      .map((worker) => {
        // An entry lags behind what was just handed out: both count.
        const held = new Set(worker.keys);
        for (const one of given) if (one.worker.id === worker.id) held.add(one.key);
        return { worker, free: worker.slots - held.size };
      })
      .filter(({ free }) => free > 0)
      .sort((a, b) => b.free - a.free)
      .map(({ worker }) => worker);
  }

  /**
   * Leaves a worker alone until so many milliseconds have passed or its entry changes.
   * @param firm another instance under its id is asked again, but not this one for what its entry says
   */
  rest(worker: WorkerEntry, milliseconds: number, firm = false): void {
    if (this.#closed) return;
    this.#resting.get(worker.id)?.callOff();
    // The entry may have changed since this worker was asked: what it says now is what must change.
    const entry = fingerprint(this.#workers.get(worker.id) ?? worker, firm);
    const callOff = this.#clock.after(milliseconds, () => {
      this.#resting.delete(worker.id);
      this.#onRested();
    });
    this.#resting.set(worker.id, { firm, entry, callOff });
  }

  /** Calls back no more. */
  close(): void {
    this.#closed = true;
    for (const id of [...this.#resting.keys()]) this.#wake(id);
  }

  #wake(id: string): void {
    this.#resting.get(id)?.callOff();
    this.#resting.delete(id);
  }
}

function fingerprint({ address, since, slots, keys, leaving, unfit }: WorkerEntry, firm: boolean): string {
  return JSON.stringify(firm ? [address, since] : [address, since, slots, keys, leaving, unfit]);
}
