/** A run as fairness sees it. */
export interface RunIdentity {
  workflowId: string;
  runId: string;
  /** Milliseconds since 1970. */
  startedAt: number;
}

/** A job's place among those of one run that wants it. */
export interface Claim {
  run: RunIdentity;
  /** Place among the jobs of its run; lower goes first. */
  order: number;
}

interface Claimed {
  /** One a caller. */
  readonly wants: Iterable<Claim>;
}

/**
 * The job that the next free worker goes to: one of the run with the fewest busy workers, then of the oldest run, then by
 * order within the run. A job that several runs want counts for each of them.
 * @param running jobs that a worker has
 * @returns null where none waits
 */
export function fairest<Job extends Claimed>(waiting: Iterable<Job>, running: Iterable<Claimed>): Job | null {
  const busy = busyByRun(running);
  let best: { job: Job; rank: number[] } | null = null;
  for (const job of waiting) {
    for (const { run, order } of job.wants) {
      const rank = [busy.get(runKey(run)) ?? 0, run.startedAt, order];
      if (best === null || comesBefore(rank, best.rank)) best = { job, rank };
    }
  }
  return best?.job ?? null;
}

function busyByRun(running: Iterable<Claimed>): Map<string, number> {
  const busy = new Map<string, number>();
  for (const { wants } of running) {
    for (const run of new Set([...wants].map((want) => runKey(want.run)))) {
      busy.set(run, (busy.get(run) ?? 0) + 1);
    }
  }
  return busy;
}

function runKey(run: RunIdentity): string {
  return `${run.workflowId}/${run.runId}`;
}

function comesBefore(a: readonly number[], b: readonly number[]): boolean {
  const place = a.findIndex((value, index) => value !== b[index]);
  return place !== -1 && a[place]! < b[place]!;
}
