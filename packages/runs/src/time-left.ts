/** How long a run still takes. */
export interface TimeLeft {
  seconds: number;
  /** True where of some jobs it is not known how long they take: the run takes longer than that. */
  atLeast: boolean;
}

/** What is left of a job that is not finished. */
export interface JobLeft {
  /** Place of its stage among the run's. */
  stage: number;
  /** Who makes it: jobs of another pool have workers of their own. */
  pool: string;
  running: boolean;
  /** On one worker, in seconds; null where that is not known. */
  seconds: number | null;
}

/**
 * Until all jobs have finished: the stages one after the other, the jobs of a stage over the workers there are, and no stage
 * shorter than its longest job.
 * @param workersOf how many workers of a pool were seen; as many as are at work count at least
 * @returns null where there are jobs, and it is known of none
 */
export function wholeLeft(jobs: readonly JobLeft[], workersOf: (pool: string) => number): TimeLeft | null {
  if (jobs.length > 0 && jobs.every(({ seconds }) => seconds === null)) return null;
  let total = 0;
  for (const [, ofStage] of Map.groupBy(jobs, ({ stage, pool }) => `${stage} ${pool}`)) {
    const known = ofStage.flatMap(({ seconds }) => (seconds === null ? [] : [seconds]));
    const running = ofStage.filter((job) => job.running).length;
    const workers = Math.max(1, running, Math.min(workersOf(ofStage[0]!.pool), ofStage.length));
    const sum = known.reduce((whole, seconds) => whole + seconds, 0);
    total += Math.max(0, ...known, sum / workers);
  }
  return { seconds: total, atLeast: jobs.some(({ seconds }) => seconds === null) };
}
