import { type JobProgress, type NodeProgress, waitingProgress } from '@ddad/contract';
import type { LossCurve } from './loss-curve.ts';
import { Pace } from './pace.ts';

/** What is known of an artifact's job, whichever nodes want it. */
export interface Tracked {
  live: { at: number; progress: JobProgress } | null;
  queried: JobProgress;
  /** When the query last told something new of it. */
  queriedAt: number;
  counted: NodeProgress['unit'];
  startedAt: number | null;
  finishedAt: number | null;
  /** As the result tells. */
  told: { reused: boolean; seconds: number } | null;
  pace: Pace;
  losses: LossCurve;
}

/** A job of which no live message has come for so long is followed by the query alone, in milliseconds. */
const silentMs = 90_000;

/** A job of which nothing was heard yet. */
export function newlyTracked(total: number, unit: NodeProgress['unit'], losses: LossCurve): Tracked {
  return {
    live: null,
    queried: waitingProgress(total),
    queriedAt: Number.NEGATIVE_INFINITY,
    counted: unit,
    startedAt: null,
    finishedAt: null,
    told: null,
    pace: new Pace(),
    losses,
  };
}

/** Takes what the workflow's query tells of a job. */
export function hearQuery(job: Tracked, figures: JobProgress, now: number): void {
  // News is what changed: the query repeats itself, and comparing clocks of two machines would mislead.
  if (JSON.stringify(figures) !== JSON.stringify(job.queried)) job.queriedAt = now;
  job.queried = figures;
  note(job, now, job.live !== null && now - job.live.at < silentMs);
}

/** Takes a live message of a job. */
export function hearLive(job: Tracked, progress: JobProgress, now: number): void {
  // What the query told is up to a minute old: from there to here a job would seem to have made its units in no time.
  if (job.live === null) job.pace.stop();
  job.live = { at: now, progress };
  note(job, now, false);
}

/** A job's latest figures. Of one that waits, with what an earlier worker has left, which who waits does not know. */
export function current(job: Tracked): JobProgress {
  const latest = latestOf(job);
  if (latest.state !== 'waiting' || latest.done >= job.queried.done) return latest;
  return { ...latest, done: job.queried.done };
}

function latestOf({ live, queried, queriedAt }: Tracked): JobProgress {
  if (live === null) return queried;
  const { at, progress } = live;
  // The run is over: what was said of the job before is no news.
  if (queried.state === 'cancelled') return { ...queried, done: Math.max(queried.done, progress.done) };
  if (queried.state === 'finished') {
    // The query may know less about the figures than the last live message did.
    return {
      ...queried,
      done: queried.total || progress.total,
      total: queried.total || progress.total,
      loss: queried.loss ?? progress.loss,
      worker: queried.worker ?? progress.worker,
    };
  }
  const same = progress.state === queried.state && progress.worker === queried.worker;
  // The same work seen twice: the query's news may have been on its way longer.
  if (same && queriedAt - at < 10_000) return progress.done >= queried.done ? progress : queried;
  return at >= queriedAt ? progress : queried;
}

/**
 * Takes what a job's figures tell of its course.
 * @param late they were told later than they were so, beside others that are on time: nothing is to be learnt of the job's pace
 */
function note(job: Tracked, now: number, late: boolean): void {
  const { state, done, loss } = current(job);
  // What is older news than the curve takes nothing from it.
  const heard = job.losses.points.at(-1)?.[0] ?? 0;
  if (loss !== null && done > heard && job.counted === 'epoch') job.losses.add(done, loss);
  if (state === 'running') {
    job.startedAt ??= now;
    if (!late) job.pace.add(now, done);
    return;
  }
  job.pace.stop();
  if (state === 'finished') job.finishedAt ??= now;
}
