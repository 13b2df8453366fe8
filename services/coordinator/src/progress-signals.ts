import type { JobProgress } from '@ddad/contract';
import { type Clock, systemClock } from './clock.ts';
import type { RunIdentity } from './dispatch/fairness.ts';
import { type NodeProgressRow, toRow } from './node-progress.ts';

/** Sends one signal to a run. */
export type SendProgress = (run: RunIdentity, rows: NodeProgressRow[]) => Promise<void>;

export interface ProgressSignalsOptions {
  send: SendProgress;
  /** Least time between two signals to a run, in ms. */
  intervalMs: number;
  clock?: Clock;
  onWarning?: (message: string, error: unknown) => void;
}

interface RunNews {
  run: RunIdentity;
  /** By position in the plan. */
  news: Map<number, NodeProgressRow>;
  sentRows: Map<number, string>;
  /** A reason is long, and every signal stays in the run's history: each is told once. */
  sentTroubles: Map<number, string>;
  sentAt: number;
  callOff: (() => void) | null;
  followers: number;
}

/** How many signals a run gets before they become rarer: 600 a minute apart are ten hours. */
const evenSignals = 600;
/** The first signal waits a little for the other nodes that start with it. */
const gatherMs = 2_000;

/**
 * Tells runs how their nodes go: changes only, batched, at most once per interval and run. The interval grows with a
 * run's age, so that a run of weeks stays within Temporal's limit on history events as well.
 */
export class ProgressSignals {
  readonly #send: SendProgress;
  readonly #intervalMs: number;
  readonly #clock: Clock;
  readonly #warn: (message: string, error: unknown) => void;
  readonly #runs = new Map<string, RunNews>();

  constructor(options: ProgressSignalsOptions) {
    this.#send = options.send;
    this.#intervalMs = options.intervalMs;
    this.#clock = options.clock ?? systemClock;
    this.#warn = options.onWarning ?? (() => {});
  }

  /** Starts to follow one node of a run. Close it when its activity ends. */
  follow(
    run: RunIdentity,
    position: number,
  ): {
    report(progress: JobProgress, trouble?: string): void;
    close(): void;
  } {
    const id = `${run.workflowId}/${run.runId}`;
    let entry = this.#runs.get(id);
    if (entry === undefined) {
      entry = {
        run,
        news: new Map(),
        sentRows: new Map(),
        sentTroubles: new Map(),
        sentAt: -Infinity,
        callOff: null,
        followers: 0,
      };
      this.#runs.set(id, entry);
    }
    const followed = entry;
    // Nobody followed for a moment: its removal is under way.
    if (followed.followers === 0) this.#callOff(followed);
    followed.followers += 1;
    let open = true;
    return {
      report: (progress, trouble) => {
        if (!open) return;
        const row = toRow(position, progress);
        if (trouble !== undefined && trouble !== followed.sentTroubles.get(position)) {
          row.push(trouble);
          followed.news.set(position, row);
        } else if (followed.sentRows.get(position) === JSON.stringify(row)) followed.news.delete(position);
        else followed.news.set(position, row);
        this.#schedule(followed);
      },
      close: () => {
        if (!open) return;
        open = false;
        // The workflow learns the member's end from its activity; figures that come after it are news again.
        followed.news.delete(position);
        followed.sentRows.delete(position);
        followed.followers -= 1;
        if (followed.followers > 0) return;
        // Kept for an interval, so that a member that is retried does not bring the next signal early.
        this.#callOff(followed);
        followed.callOff = this.#clock.after(this.#interval(followed), () => this.#runs.delete(id));
      },
    };
  }

  /** Calls off what is still to be sent. */
  close(): void {
    for (const entry of this.#runs.values()) this.#callOff(entry);
    this.#runs.clear();
  }

  #callOff(entry: RunNews): void {
    entry.callOff?.();
    entry.callOff = null;
  }

  #interval(entry: RunNews): number {
    return Math.max(this.#intervalMs, (this.#clock.now() - entry.run.startedAt) / evenSignals);
  }

  #schedule(entry: RunNews): void {
    if (entry.callOff !== null || entry.news.size === 0) return;
    const now = this.#clock.now();
    const gathered = now + Math.min(gatherMs, this.#intervalMs);
    const due = Math.max(gathered, entry.sentAt + this.#interval(entry));
    entry.callOff = this.#clock.after(due - now, () => void this.#flush(entry));
  }

  async #flush(entry: RunNews): Promise<void> {
    const rows = [...entry.news.values()];
    entry.news.clear();
    entry.sentAt = this.#clock.now();
    entry.callOff = null;
    if (rows.length === 0) return;
    for (const row of rows) {
      const [position, , , , , , , trouble] = row;
      entry.sentRows.set(position, JSON.stringify(row.slice(0, 7)));
      if (trouble !== undefined) entry.sentTroubles.set(position, trouble);
    }
    try {
      await this.#send(entry.run, rows);
    } catch (error) {
      // Live figures are lost, nothing else: the next change brings newer ones.
      for (const [position] of rows) {
        entry.sentRows.delete(position);
        entry.sentTroubles.delete(position);
      }
      this.#warn('a run could not be told of its progress', error);
    }
  }
}
