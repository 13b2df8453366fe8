/**
 * How long each step may take from a run's cancellation (or pause) to its end, in ms; together they stay below 30 s.
 */
export const cancelLimits = {
  /** An activity hears of it with the answer to a heartbeat: the longest time between two. */
  hearMs: 4_000,
  /** The Stop call: a trainer has 20 s to write its last checkpoint, and 2 s more to store it. */
  stopMs: 22_000,
  /** From the answer to Stop until the job's own call has ended. */
  endMs: 2_000,
} as const;
