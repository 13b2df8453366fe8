/** A trainer as far as what runs are settled by depends on it. */
export interface PresentTrainer {
  leaving: boolean;
  /** When it started (ISO 8601); absent where nobody said. */
  since?: string | undefined;
}

/** For so long a trainer must have been there to count, in ms: one that comes and goes should not decide a run. */
const settledMs = 60_000;

/** Trainers that have been there for at least a minute. @param now milliseconds since 1970 */
export function settledTrainers(trainers: readonly PresentTrainer[], now: number): number {
  return trainers.filter(
    ({ leaving, since }) => !leaving && since !== undefined && now - Date.parse(since) >= settledMs,
  ).length;
}
