import { leastAutoK } from '@ddad/contract';

/** A trainer as far as K depends on it. */
export interface PresentTrainer {
  leaving: boolean;
  /** When it started (ISO 8601); absent where nobody said. */
  since?: string;
}

/** For so long a trainer must have been there to count, in ms: one that comes and goes should not decide a run. */
const settledMs = 60_000;

/**
 * Members per role for the trainers that are there: half of those present for at least a minute, as a run trains two
 * roles; at least 3, at most `maxK`.
 * @param now milliseconds since 1970
 */
export function autoK(trainers: readonly PresentTrainer[], now: number, maxK: number): number {
  const settled = trainers.filter(
    ({ leaving, since }) => !leaving && since !== undefined && now - Date.parse(since) >= settledMs,
  );
  return Math.min(maxK, Math.max(leastAutoK, Math.floor(settled.length / 2)));
}
