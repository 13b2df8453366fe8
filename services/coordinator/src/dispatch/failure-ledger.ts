import type { WorkerEntry } from '@ddad/contract';
import type { Clock } from '../clock.ts';

/** A worker that gets no jobs for a while, as it fails what others make. */
export interface SetAside {
  worker: string;
  /** When it gets jobs again, in ms since 1970. */
  until: number;
  /** Pauses without a success between them, this one counted in. */
  pauses: number;
  /** Why its job failed. */
  cause: string;
}

/** How a pause grows, in ms: it doubles each time. */
export const pauseLimits = { firstMs: 30_000, mostMs: 15 * 60_000 };

/** After so long without another failure, in ms, nothing is remembered of a key or a worker. */
const rememberedMs = 60 * 60_000;

/** Most keys whose failures are remembered: nobody says when nobody wants a key any more. */
const mostKeys = 10_000;

/** What a worker did to a key. */
interface Failed {
  count: number;
  /** Of its last failure among all of them. */
  order: number;
  /** Until then another worker is waited for. */
  until: number;
  /** It has finished something since: what it failed before says nothing of it. */
  excused: boolean;
  cause: string;
}

interface KeyRecord {
  by: Map<string, Failed>;
  /** It failed on several workers and was never made: the fault may be its own. */
  suspect: boolean;
}

interface WorkerRecord {
  /** Keys that it failed, one a pause. */
  strikes: string[];
  until: number;
  cause: string;
}

/**
 * Counts failures against worker and key apart. A worker that fails a key is avoided for that key, and set aside for all
 * others, for pauses that grow until it finishes something. A key that fails on a second worker is to blame itself: nobody
 * is set aside for it, unless a worker makes it in the end.
 */
export class FailureLedger {
  readonly #clock: Clock;
  readonly #onPauseOver: () => void;
  readonly #keys = new Map<string, KeyRecord>();
  readonly #workers = new Map<string, WorkerRecord>();
  /** Which process stands behind an id: another one begins with a clean record. */
  readonly #instances = new Map<string, string>();
  readonly #timers = new Set<() => void>();
  #failures = 0;
  #closed = false;

  /** @param onPauseOver a worker may be asked again, for a key or for all */
  constructor(clock: Clock, onPauseOver: () => void) {
    this.#clock = clock;
    this.#onPauseOver = onPauseOver;
  }

  /** Takes the workers that are there now: another process under an id begins with a clean record. */
  setWorkers(entries: readonly WorkerEntry[]): void {
    const there = new Set(entries.map(({ id }) => id));
    for (const { id, address, since } of entries) {
      const instance = JSON.stringify([address, since]);
      const before = this.#instances.get(id);
      this.#instances.set(id, instance);
      if (before === undefined || before === instance) continue;
      this.#workers.delete(id);
      for (const { by } of this.#keys.values()) by.delete(id);
    }
    for (const id of this.#instances.keys()) {
      // One that is away for a moment comes back to its record.
      if (!there.has(id) && !this.#workers.has(id)) this.#instances.delete(id);
    }
  }

  /** A worker failed a job that was not at fault by what it said. @returns its new pause; null where it gets none */
  failed(worker: string, key: string, cause: string): SetAside | null {
    this.#forgetOld();
    const record = this.#keys.get(key) ?? { by: new Map<string, Failed>(), suspect: false };
    // The one that failed last comes last.
    this.#keys.delete(key);
    this.#keys.set(key, record);
    const count = (record.by.get(worker)?.count ?? 0) + 1;
    this.#failures += 1;
    const until = this.#pause(count);
    record.by.set(worker, { count, order: this.#failures, until, excused: false, cause });
    if (record.by.size === 1) return this.#strike(worker, key, cause);
    this.acquit(key);
    record.suspect = true;
    return null;
  }

  /** A worker made a key: it is well, and so is the key. @returns those set aside as they had failed it, and why */
  made(worker: string, key: string): SetAside[] {
    this.#workers.delete(worker);
    for (const { by } of this.#keys.values()) {
      const failed = by.get(worker);
      if (failed !== undefined) failed.excused = true;
    }
    const record = this.#keys.get(key);
    this.#keys.delete(key);
    if (record?.suspect !== true) return [];
    return [...record.by].flatMap(([id, { excused, cause }]) =>
      id === worker || excused ? [] : (this.#strike(id, key, cause) ?? []),
    );
  }

  /** A key's failures are none of its workers' fault. */
  acquit(key: string): void {
    for (const [id, record] of this.#workers) {
      record.strikes = record.strikes.filter((one) => one !== key);
      if (record.strikes.length === 0) this.#workers.delete(id);
    }
  }

  /** Whether a worker's pause lasts. */
  isSetAside(id: string): boolean {
    return (this.#workers.get(id)?.until ?? 0) > this.#clock.now();
  }

  /** Whether a worker has not finished anything since it was last set aside. */
  onProbation(id: string): boolean {
    return this.#workers.has(id);
  }

  /** Whether a key should wait for another of `ids` rather than go to this worker. */
  avoids(id: string, key: string, ids: readonly string[]): boolean {
    const by = this.#keys.get(key)?.by;
    const own = by?.get(id);
    if (by === undefined || own === undefined || own.until <= this.#clock.now()) return false;
    return ids.some((other) => {
      if (other === id) return false;
      const { count, order } = by.get(other) ?? { count: 0, order: 0 };
      return count < own.count || (count === own.count && order < own.order);
    });
  }

  /** Workers whose pause lasts. */
  get setAside(): SetAside[] {
    return [...this.#workers].flatMap(([worker, { until, strikes, cause }]) =>
      until > this.#clock.now() ? { worker, until, pauses: strikes.length, cause } : [],
    );
  }

  /** Calls back no more. */
  close(): void {
    this.#closed = true;
    for (const callOff of this.#timers) callOff();
    this.#timers.clear();
  }

  #strike(worker: string, key: string, cause: string): SetAside | null {
    const record = this.#workers.get(worker) ?? { strikes: [], until: 0, cause };
    this.#workers.set(worker, record);
    record.cause = cause;
    // Of jobs that it had at the same time each may fail: that is one reason to pause.
    if (record.until > this.#clock.now()) return null;
    record.strikes.push(key);
    record.until = this.#pause(record.strikes.length);
    return { worker, until: record.until, pauses: record.strikes.length, cause };
  }

  /** @param nth which pause in a row it is @returns its end, in ms since 1970 */
  #pause(nth: number): number {
    const milliseconds = Math.min(pauseLimits.firstMs * 2 ** (nth - 1), pauseLimits.mostMs);
    if (!this.#closed) {
      const callOff = this.#clock.after(milliseconds, () => {
        this.#timers.delete(callOff);
        this.#onPauseOver();
      });
      this.#timers.add(callOff);
    }
    return this.#clock.now() + milliseconds;
  }

  #forgetOld(): void {
    const before = this.#clock.now() - rememberedMs;
    for (const [key, { by }] of this.#keys) {
      const old = [...by.values()].every(({ until }) => until < before);
      if (old || this.#keys.size >= mostKeys) this.#keys.delete(key);
    }
    for (const [id, { until }] of this.#workers) if (until < before) this.#workers.delete(id);
  }
}
