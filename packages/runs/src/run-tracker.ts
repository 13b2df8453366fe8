import {
  type JobProgress,
  type RunProgress,
  type RunResult,
  type Stage,
  waitingProgress,
} from '@ddad/contract';
import { LossCurve, type LossPoint } from './loss-curve.ts';

/** A job of a run as it is shown. */
export interface JobView extends JobProgress {
  key: string;
  /** `ndm 0`, `maps`, `refiner dual`. */
  name: string;
  unit: 'epoch' | 'image';
  /** What it waits for while it waits. */
  waitsFor: string | null;
  /** Estimated from the pace seen so far; null while none was seen. */
  secondsLeft: number | null;
  /** Wall time of its training: as the result says, else as it was seen; null where neither is. */
  seconds: number | null;
  /** True where it was finished before the run wanted it. */
  reused: boolean;
  /** What was heard of its losses, by epoch. */
  losses: readonly LossPoint[];
}

/** Finds the losses of a finished job by epoch; null where they are not known. */
export type HistoryOf = (kind: 'members' | 'refiners', key: string) => Promise<readonly number[] | null>;

/** A run as it is shown. */
export interface RunView {
  stage: Stage;
  /** The stage in which a paused run goes on; the stage itself otherwise. */
  within: Exclude<Stage, 'paused'>;
  members: JobView[];
  /** Maps and refiners, once their stage has begun. */
  others: JobView[];
  /** Seconds since the run began, or since following did where that is not known. */
  elapsed: number;
  /** Of all jobs together. */
  imagesPerSecond: number;
  /** Until all members have finished, at the pace of those in training now; null where that is not known. */
  secondsLeft: number | null;
}

interface Tracked {
  key: string;
  kind: 'members' | 'maps' | 'refiners';
  name: string;
  unit: 'epoch' | 'image';
  waitsFor: string | null;
  live: { at: number; progress: JobProgress } | null;
  queried: JobProgress;
  /** When the query last told something new of it. */
  queriedAt: number;
  reused: boolean;
  startedAt: number | null;
  finishedAt: number | null;
  /** Seconds of its training, where the result has told. */
  took: number | null;
  pace: { at: number; done: number }[];
  losses: LossCurve;
}

/** How far back the pace is measured. */
const paceWindow = 8;

/** Points that a job's curve keeps. */
const keptPoints = 256;

const order: Stage[] = ['planning', 'training', 'maps', 'refining', 'report', 'finished'];

/**
 * Brings the two sources of a run's figures together: the workflow's `progress` query, complete but up to a minute
 * old, and the live messages by key, which may be missing. The later news of a job counts, except that what the
 * workflow knows to be finished stays so.
 */
export class RunTracker {
  private readonly jobs = new Map<string, Tracked>();
  private stage: Stage = 'planning';
  private within: Exclude<Stage, 'paused'> = 'planning';
  private members: string[] = [];
  private others: string[] = [];
  private readonly since: number;
  private took: number | null = null;

  private readonly curveOf: (key: string) => LossCurve;
  private readonly recalled = new Set<string>();

  /**
   * @param since when the run began: milliseconds on any clock that only goes forward; all later times are on the same one
   * @param curveOf a job's losses as somebody else has followed them so far; none unless given
   */
  constructor(since: number, curveOf: (key: string) => LossCurve = () => new LossCurve(keptPoints)) {
    this.since = since;
    this.curveOf = curveOf;
  }

  /** Keys that live messages are wanted for. */
  keys(): string[] {
    return [...this.members, ...this.others];
  }

  applyQuery(progress: RunProgress, now: number): void {
    this.stage = progress.stage;
    this.within = progress.stage === 'paused' ? (progress.pausedIn ?? 'planning') : progress.stage;
    this.members = progress.members.map((member) => {
      const { key, role, index, seed: _, ...figures } = member;
      const first = !this.jobs.has(key);
      const job = this.track(key, 'members', `${role} ${index}`, 'a trainer');
      // The plan names nobody for what it finds finished.
      if (first) job.reused = figures.state === 'finished' && figures.worker === null;
      // News is what changed: the query repeats itself, and comparing clocks of two machines would mislead.
      if (JSON.stringify(figures) !== JSON.stringify(job.queried)) job.queriedAt = now;
      job.queried = figures;
      return key;
    });
    this.others = [];
    const rank = order.indexOf(this.within);
    const atLeast = (stage: Stage) => rank >= order.indexOf(stage);
    if (progress.maps !== null && atLeast('maps')) {
      this.addOther(progress.maps, 'maps', 'maps', rank > order.indexOf('maps'));
    }
    if (progress.kCurve && atLeast('maps')) {
      this.addOther(progress.kCurve, 'maps', 'subsets', rank > order.indexOf('maps'));
    }
    for (const refiner of progress.refiners) {
      if (atLeast('refining')) {
        this.addOther(refiner.key, 'refiners', `refiner ${refiner.input}`, rank > order.indexOf('refining'));
      }
    }
    for (const key of this.keys()) this.note(this.jobs.get(key)!, now);
  }

  applyLive(key: string, progress: JobProgress, now: number): void {
    const job = this.jobs.get(key);
    if (job === undefined) return;
    job.live = { at: now, progress };
    this.note(job, now);
    const { done, loss, state } = progress;
    if (loss !== null && done > 0 && job.unit === 'epoch' && state === 'running') job.losses.add(done, loss);
  }

  /** Takes what a run's result says of its members, and how long it took. */
  applyResult({ members, seconds: whole }: Pick<RunResult, 'members' | 'seconds'>): void {
    this.took = whole.total;
    for (const { key, seconds, reused } of members) {
      const job = this.jobs.get(key);
      if (job !== undefined) Object.assign(job, { reused, took: seconds });
    }
  }

  /**
   * Has the losses of finished jobs looked up, each job's once: its manifest lists them all. A few at a time: a run of many
   * members must not ask the store for all of them at once.
   * @param historyOf null where the losses are not known; a failure counts as that
   */
  async recall(historyOf: HistoryOf, signal: AbortSignal): Promise<void> {
    const wanted = this.keys().flatMap((key) => {
      const job = this.jobs.get(key)!;
      const { kind } = job;
      const known = kind === 'maps' || this.current(job).state !== 'finished' || this.recalled.has(key);
      return known ? [] : [{ job, kind }];
    });
    while (wanted.length > 0 && !signal.aborted) {
      const few = wanted.splice(0, 8).map(async ({ job, kind }) => {
        this.recalled.add(job.key);
        // Without it there is less to look at, nothing else.
        const history = await historyOf(kind, job.key).catch(() => null);
        if (history !== null) job.losses.replace(history);
      });
      await Promise.all(few);
    }
  }

  view(now: number): RunView {
    const view = (key: string) => this.jobView(this.jobs.get(key)!, now);
    const members = this.members.map(view);
    const others = this.others.map(view);
    const running = [...members, ...others].filter(({ state }) => state === 'running');
    return {
      stage: this.stage,
      within: this.within,
      members,
      others,
      elapsed: this.took ?? (now - this.since) / 1000,
      imagesPerSecond: running.reduce((sum, job) => sum + job.imagesPerSecond, 0),
      secondsLeft: this.stage === 'training' ? this.trainingLeft(members) : null,
    };
  }

  /** All epochs that are left, at the pace of the members in training together, but no less than the slowest one needs. */
  private trainingLeft(members: readonly JobView[]): number | null {
    const total = Math.max(0, ...members.map((member) => member.total));
    let [left, pace, longest] = [0, 0, 0];
    for (const member of members) {
      if (member.state === 'waiting') left += (member.total || total) - member.done;
      if (member.state !== 'running') continue;
      const perUnit = this.secondsPerUnit(this.jobs.get(member.key)!);
      if (perUnit === null || member.secondsLeft === null) {
        left += member.total - member.done;
        continue;
      }
      pace += 1 / perUnit;
      left += member.secondsLeft / perUnit;
      longest = Math.max(longest, member.secondsLeft);
    }
    return pace === 0 ? null : Math.max(longest, left / pace);
  }

  private addOther(key: string, kind: Tracked['kind'], name: string, over: boolean): void {
    this.others.push(key);
    const job = this.track(key, kind, name, null);
    if (over) job.queried = { ...this.current(job), state: 'finished' };
  }

  private track(key: string, kind: Tracked['kind'], name: string, waitsFor: string | null): Tracked {
    let job = this.jobs.get(key);
    if (job === undefined) {
      job = {
        key,
        kind,
        name,
        unit: kind === 'maps' ? 'image' : 'epoch',
        waitsFor,
        live: null,
        queried: waitingProgress(0),
        queriedAt: Number.NEGATIVE_INFINITY,
        reused: false,
        startedAt: null,
        finishedAt: null,
        took: null,
        pace: [],
        losses: this.curveOf(key),
      };
      this.jobs.set(key, job);
    }
    return job;
  }

  private current(job: Tracked): JobProgress {
    if (job.live === null) return job.queried;
    if (job.queried.state === 'finished') {
      // The query may know less about the figures than the last live message did.
      const { live } = job;
      return {
        ...job.queried,
        done: job.queried.total || live.progress.total,
        total: job.queried.total || live.progress.total,
        loss: job.queried.loss ?? live.progress.loss,
        worker: job.queried.worker ?? live.progress.worker,
      };
    }
    const { at, progress } = job.live;
    const same = (field: 'state' | 'worker') => progress[field] === job.queried[field];
    // The same work seen twice: the query's news may have been on its way longer.
    if (same('state') && same('worker') && job.queriedAt - at < 10_000) {
      return progress.done >= job.queried.done ? progress : job.queried;
    }
    return at >= job.queriedAt ? progress : job.queried;
  }

  private note(job: Tracked, now: number): void {
    const { state, done, loss } = this.current(job);
    // What is older news than the curve takes nothing from it.
    const heard = job.losses.points.at(-1)?.[0] ?? 0;
    if (loss !== null && done > heard && job.unit === 'epoch') job.losses.add(done, loss);
    if (state === 'running') {
      job.startedAt ??= now;
      const last = job.pace.at(-1);
      // A job that lost epochs (taken up from an older checkpoint) starts its pace anew.
      if (last !== undefined && done < last.done) job.pace = [];
      if (last === undefined || done !== last.done) job.pace.push({ at: now, done });
      if (job.pace.length > paceWindow) job.pace.shift();
    } else {
      job.pace = [];
      if (state === 'finished') job.finishedAt ??= now;
    }
  }

  private jobView(job: Tracked, now: number): JobView {
    const current = this.current(job);
    const perUnit = current.state === 'running' ? this.secondsPerUnit(job) : null;
    let secondsLeft: number | null = null;
    if (perUnit !== null) {
      const last = job.pace.at(-1)!;
      secondsLeft = Math.max(0, (current.total - last.done) * perUnit - (now - last.at) / 1000);
    }
    const seen =
      job.startedAt !== null && job.finishedAt !== null ? (job.finishedAt - job.startedAt) / 1000 : null;
    return {
      ...current,
      key: job.key,
      name: job.name,
      unit: job.unit,
      waitsFor: job.waitsFor,
      secondsLeft,
      seconds: job.took ?? seen,
      reused: job.reused,
      losses: job.losses.points,
    };
  }

  /** Null until it was seen to advance. */
  private secondsPerUnit({ pace }: Tracked): number | null {
    const [first, last] = [pace[0], pace.at(-1)];
    if (first === undefined || last === undefined || last.done <= first.done || last.at <= first.at)
      return null;
    return (last.at - first.at) / 1000 / (last.done - first.done);
  }
}
