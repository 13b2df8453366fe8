import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '@ddad/platform';
import type { ArtifactsUnderWay } from '@ddad/runs';
import { countLeftOvers, findLeftOvers, type ObjectStore, removeLeftOvers } from '@ddad/storage';

export interface TidyDeps {
  store: ObjectStore;
  /** What runs under way want. */
  underWay: () => Promise<ArtifactsUnderWay>;
  /** Keys that workers have jobs for, of runs that Temporal may not know any more. */
  workedOn: () => Iterable<string>;
  /** Age of ended attempts and of what was set aside, in ms. */
  olderThanMs: number;
  logger: Logger;
  /** Before the first time, in ms. Default 10 min: who starts has better things to do. */
  firstMs?: number;
  /** Between two times, in ms. Default a day. */
  intervalMs?: number;
  /** After a failure, in ms. Default an hour. */
  againMs?: number;
}

const minuteMs = 60_000;
const closeMs = 5_000;

/**
 * Removes what is left over in the store once a day, but for artifacts and packed images: what no run, and no name, stands for any
 * more is for people to judge. A failure is no more than a warning.
 * @returns ends it between two artifacts
 */
export function keepTidy(deps: TidyDeps): { close(): Promise<void> } {
  const { store, olderThanMs, logger } = deps;
  const { firstMs = 10 * minuteMs, intervalMs = 24 * 60 * minuteMs, againMs = 60 * minuteMs } = deps;
  const ending = new AbortController();
  const { signal } = ending;
  const claims = async () => {
    const { underWay, unknown } = await deps.underWay();
    return { underWay: new Set([...underWay, ...deps.workedOn()]), unknown, named: null, packings: null };
  };
  const judging = { claims, olderThanMs, signal };

  const tidy = async (): Promise<number> => {
    const began = performance.now();
    try {
      const found = await findLeftOvers(store, judging);
      const removed = await removeLeftOvers(store, found, judging);
      const bytes = removed.reduce((sum, one) => sum + one.bytes, 0);
      const reasons = Object.fromEntries(
        countLeftOvers(removed).map((count) => [count.reason, count.objects]),
      );
      const seconds = Math.round(performance.now() - began) / 1000;
      logger.info({ objects: removed.length, bytes, reasons, seconds }, 'left-overs are removed');
      return intervalMs;
    } catch (err) {
      logger.warn({ err }, 'left-overs could not be removed for now');
      return againMs;
    }
  };
  const loop = async () => {
    let dueMs = firstMs;
    while (!signal.aborted) {
      // Ended while it sleeps.
      await delay(dueMs, undefined, { signal }).catch(() => {});
      if (!signal.aborted) dueMs = await tidy();
    }
  };
  const ended = loop();
  return {
    async close() {
      ending.abort();
      // A listing of a large store may take longer; nothing is lost where it, or one removal, ends half-way.
      await Promise.race([ended, delay(closeMs, undefined, { ref: false })]);
    },
  };
}
