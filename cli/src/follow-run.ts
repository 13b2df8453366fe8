import type { JobProgress, RunProgress, RunResult } from '@ddad/contract';
import { type HistoryOf, RunTracker } from '@ddad/runs';
import { deviationLines } from './deviation-lines.ts';
import type { RunDisplay } from './run-display.ts';
import { aborted, pause } from './waiting.ts';

/** Live figures by key, as the message bus carries them. */
export type Subscribe = (
  keys: string[],
  onProgress: (key: string, progress: JobProgress) => void,
) => { close(): void };

export interface FollowDeps {
  /** Asks the workflow how it goes; rejects where it does not answer in time. */
  queryProgress(): Promise<RunProgress>;
  /** Settles when the workflow has ended. */
  result: Promise<RunResult>;
  /** Resolves once live figures can be had, null where they cannot: the query's are shown then. */
  live: Promise<Subscribe | null>;
  display: RunDisplay;
  /** Milliseconds, only forward. */
  now(): number;
  /** When the run began, on the same clock; now unless given. */
  since?: number;
  /** Absent: only what is heard live is shown. */
  history?: HistoryOf;
  /** Aborted when the user wants to stop following; following then ends with the signal's reason. */
  detach: AbortSignal;
  /** Milliseconds between queries and between redraws. */
  intervals?: { query: number; draw: number };
}

/** For how long the coordinator may be silent before the user hears of it, in milliseconds. */
const patience = 8_000;

/**
 * Follows a run until it has ended and shows how it goes meanwhile.
 * @returns the workflow's result
 * @throws what `result` rejects with, or the reason of `detach`
 */
export async function followRun(deps: FollowDeps): Promise<RunResult> {
  const { display, now, detach } = deps;
  const { query: queryInterval, draw: drawInterval } = deps.intervals ?? { query: 1500, draw: 500 };
  const tracker = new RunTracker(deps.since ?? now());
  const over = new AbortController();
  let subscribe: Subscribe | null = null;
  let subscription: { keys: string; close(): void } | null = null;

  void deps.live.then((live) => {
    subscribe = live;
    follow();
  });
  function follow(): void {
    const keys = tracker.keys();
    const id = keys.join(' ');
    if (subscribe === null || over.signal.aborted || keys.length === 0 || id === subscription?.keys) return;
    subscription?.close();
    const { close } = subscribe(keys, (key, progress) => tracker.applyLive(key, progress, now()));
    subscription = { keys: id, close };
  }

  let result: RunResult | null = null;
  deps.result.then(
    (found) => {
      result = found;
      tracker.applyResult(found);
    },
    // Told where it is waited for.
    () => {},
  );

  let [heardAt, heard, told] = [now(), false, false];
  async function ask(): Promise<void> {
    try {
      const progress = await deps.queryProgress();
      if (over.signal.aborted) return;
      [heardAt, heard] = [now(), true];
      display.note(null);
      // Before anything is trained that the user would have wanted otherwise.
      if (!told && progress.deviations !== undefined) {
        told = true;
        for (const line of deviationLines(progress.deviations)) display.say(line);
      }
      tracker.applyQuery(progress, heardAt);
      if (result !== null) tracker.applyResult(result);
      follow();
      if (deps.history !== undefined) await tracker.recall(deps.history, over.signal);
    } catch (error) {
      // A query may fail while servers restart; the run does not depend on it, and its end comes by `result`.
      if (over.signal.aborted || now() - heardAt < patience) return;
      const reason = error instanceof Error ? error.message : String(error);
      display.note(`no news of the run for ${Math.round((now() - heardAt) / 1000)} s: ${reason}`);
    }
  }
  async function keepAsking(): Promise<void> {
    while (!over.signal.aborted) {
      await ask();
      await pause(queryInterval, over.signal);
    }
  }

  const draw = () => {
    // A run that began before is in a stage that nobody knows yet.
    if (heard || deps.since === undefined) display.update(tracker.view(now()));
  };
  const drawing = setInterval(draw, drawInterval);
  const asking = keepAsking();
  try {
    try {
      return await Promise.race([deps.result, aborted(detach)]);
    } finally {
      if (!detach.aborted) {
        await ask();
        draw();
      }
    }
  } finally {
    over.abort();
    clearInterval(drawing);
    (subscription as { close(): void } | null)?.close();
    display.close();
    await asking;
  }
}
