import {
  finishedStage,
  type JobProgress,
  type NodeProgress,
  pausedStage,
  planningStage,
  type RunProgress,
  type RunResult,
} from '@ddad/contract';
import { LossCurve, type LossPoint } from './loss-curve.ts';
import { type JobLeft, type TimeLeft, wholeLeft } from './time-left.ts';
import { current, hearLive, hearQuery, newlyTracked, type Tracked } from './tracked-job.ts';

/** A job of a run as it is shown. */
export interface JobView extends JobProgress {
  /** As in the run's graph, and unique in it: `member net 2`, `maps`. */
  id: string;
  /** Key of the artifact that it makes. */
  key: string;
  /** What sort of artifact that is; empty where nobody knows it any more. */
  kind: string;
  /** For people: `net 2` for a member, else the id. */
  name: string;
  /** Title of its stage. */
  stage: string;
  unit: NodeProgress['unit'];
  member?: { role: string; index: number; seed: number };
  /** What it waits for while it waits: `a trainer`. */
  waitsFor: string;
  /** True while the run is paused, and what was made of the job so far is kept in a checkpoint. */
  held: boolean;
  /** Estimated from the pace seen so far; null while none was seen. */
  secondsLeft: number | null;
  /** Wall time of its work: as the result says, else as it was seen; null where neither is. */
  seconds: number | null;
  /** True where it was finished before the run wanted it. */
  reused: boolean;
  /** Why its last attempt failed, after which it is tried again; absent where none has. */
  trouble?: string;
  /** What was heard of its losses, by epoch. */
  losses: readonly LossPoint[];
}

/** Finds the losses of a finished artifact by epoch; null where it has none, or they are not known. */
export type HistoryOf = (kind: string, key: string) => Promise<readonly number[] | null>;

/** A run as it is shown. */
export interface RunView {
  /** Title of its stage; `paused` where it is paused. */
  stage: string;
  /** The stage in which a paused run goes on; the stage itself otherwise. */
  within: string;
  /** Titles of all stages in their order, `planning` and `finished` among them. */
  stages: string[];
  /** In which ways the method differs from its source; empty while that is not known. */
  deviations: readonly string[];
  /** In the order of the graph: those of the stages that have begun, and whatever else is at work. */
  jobs: JobView[];
  /** Seconds since the run began, or since following did where that is not known. */
  elapsed: number;
  /** Of all jobs together. */
  imagesPerSecond: number;
  /**
   * Until all jobs of the stage have finished, at the pace of those that are at work; null where that is not known, or they
   * count different things.
   */
  secondsLeft: number | null;
  /** Until the whole run has finished, all of its stages together; null where nothing is known of that. */
  wholeLeft: TimeLeft | null;
}

/** Points that a job's curve keeps. */
const keptPoints = 256;

/** Histories looked up at a time: a run of many jobs must not ask the store for all of them at once. */
const recalledAtOnce = 8;

/**
 * Brings the two sources of a run's figures together: the workflow's `progress` query, complete but up to a minute
 * old, and the live messages by key, which may be missing. The later news of a job counts, except that what the
 * workflow knows to be finished stays so.
 */
export class RunTracker {
  readonly #since: number;
  readonly #curveOf: (key: string) => LossCurve;
  /** By the artifact's key. */
  readonly #jobs = new Map<string, Tracked>();
  readonly #recalled = new Set<string>();
  #stage: string = planningStage;
  #within: string = planningStage;
  #stages: string[] = [planningStage, finishedStage];
  #deviations: readonly string[] = [];
  /** All that the run wants, and those that are shown. */
  #wanted: readonly NodeProgress[] = [];
  #nodes: NodeProgress[] = [];
  /** Workers that were seen at work, by pool. */
  readonly #workers = new Map<string, Set<string>>();
  #took: number | null = null;

  /**
   * @param since when the run began: milliseconds on any clock that only goes forward; all later times are on the same one
   * @param curveOf a job's losses as somebody else has followed them so far; none unless given
   */
  constructor(since: number, curveOf: (key: string) => LossCurve = () => new LossCurve(keptPoints)) {
    this.#since = since;
    this.#curveOf = curveOf;
  }

  /** Keys that live messages are wanted for. */
  keys(): string[] {
    return [...new Set(this.#nodes.map(({ key }) => key))];
  }

  applyQuery({ stage, pausedIn, stages, deviations = [], nodes }: RunProgress, now: number): void {
    this.#stage = stage;
    this.#within = stage === pausedStage ? (pausedIn ?? planningStage) : stage;
    this.#stages = stages;
    this.#deviations = deviations;
    this.#wanted = nodes;
    const reached = stages.indexOf(this.#within);
    this.#nodes = nodes.filter(
      (node) => node.state === 'running' || reached === -1 || stages.indexOf(node.stage) <= reached,
    );
    for (const node of this.#nodes) {
      const job = this.#track(node);
      const { done, total, loss, imagesPerSecond, worker, state } = node;
      hearQuery(job, { done, total, loss, imagesPerSecond, worker, state }, now);
      this.#see(node.madeBy, worker);
    }
  }

  applyLive(key: string, progress: JobProgress, now: number): void {
    const job = this.#jobs.get(key);
    if (job === undefined) return;
    hearLive(job, progress, now);
    const node = this.#nodes.find((one) => one.key === key);
    if (node !== undefined) this.#see(node.madeBy, progress.worker);
    const { done, loss, state } = progress;
    if (loss !== null && done > 0 && job.counted === 'epoch' && state === 'running')
      job.losses.add(done, loss);
  }

  /** Takes what a run's result says of its members, and how long it took. */
  applyResult({ members, seconds: whole }: Pick<RunResult, 'members' | 'seconds'>): void {
    this.#took = whole.total ?? null;
    for (const { key, seconds, reused } of members) {
      const job = this.#jobs.get(key);
      if (job !== undefined) job.told = { reused, seconds };
    }
  }

  /**
   * Has the losses of finished jobs looked up, each job's once: its manifest lists them all.
   * @param historyOf null where the losses are not known; a failure counts as that
   * @param kinds what a job may be whose kind nobody knows any more
   */
  async recall(historyOf: HistoryOf, signal: AbortSignal, kinds: readonly string[] = []): Promise<void> {
    const wanted = this.#nodes.filter(
      ({ key, unit }) =>
        unit === 'epoch' && !this.#recalled.has(key) && current(this.#job(key)).state === 'finished',
    );
    while (wanted.length > 0 && !signal.aborted) {
      const few = wanted.splice(0, recalledAtOnce).map(async ({ kind, key }) => {
        this.#recalled.add(key);
        for (const one of kind === '' ? kinds : [kind]) {
          // Without it there is less to look at, nothing else.
          const history = await historyOf(one, key).catch(() => null);
          if (history === null) continue;
          this.#job(key).losses.replace(history);
          break;
        }
      });
      await Promise.all(few);
    }
  }

  view(now: number): RunView {
    const jobs = this.#nodes.map((node) => this.#jobView(node, now));
    const running = jobs.filter(({ state }) => state === 'running');
    return {
      stage: this.#stage,
      within: this.#within,
      stages: this.#stages,
      deviations: this.#deviations,
      jobs,
      elapsed: this.#took ?? (now - this.#since) / 1000,
      imagesPerSecond: running.reduce((sum, job) => sum + job.imagesPerSecond, 0),
      secondsLeft: this.#stageLeft(jobs),
      wholeLeft: this.#wholeLeft(jobs, now),
    };
  }

  /** By what the jobs at work show, and for the others by what the like took, here or in runs before. */
  #wholeLeft(jobs: readonly JobView[], now: number): TimeLeft | null {
    if (this.#stage === planningStage || this.#stage === finishedStage) return null;
    const views = new Map(jobs.map((job) => [job.id, job]));
    const here = this.#nodes.map((node) => this.#measured(node, now));
    const left = this.#wanted.flatMap((node): JobLeft[] => {
      const view = views.get(node.id);
      const { state, done, total } = view ?? node;
      if (state === 'finished' || state === 'failed' || state === 'cancelled') return [];
      const place = this.#stages.indexOf(node.stage);
      const running = state === 'running';
      const open = 1 - (total > 0 ? Math.min(1, done / total) : 0);
      const like = here.find((one) => one !== null && one.kind === node.kind && one.total === total);
      const seconds =
        view?.secondsLeft ??
        scaled(node.expectedSeconds, open) ??
        // Nothing of the kind was made on this dataset before: as long as the like takes here.
        scaled(like?.seconds, open);
      return [{ stage: place, pool: node.madeBy, running, seconds }];
    });
    return wholeLeft(left, (pool) => this.#workers.get(pool)?.size ?? 1);
  }

  /** What a whole job takes, by one at work or finished here; null where that was not seen. */
  #measured(node: NodeProgress, now: number): { kind: string; total: number; seconds: number } | null {
    const { kind, total, key } = node;
    const job = this.#job(key);
    const perUnit = job.pace.secondsPerUnit;
    if (perUnit !== null) return { kind, total, seconds: perUnit * total };
    const { startedAt, finishedAt } = job;
    if (startedAt === null || finishedAt === null || now < finishedAt) return null;
    return { kind, total, seconds: (finishedAt - startedAt) / 1000 };
  }

  /** All units that are left, at the pace of the jobs at work together, but no less than the slowest one needs. */
  #stageLeft(jobs: readonly JobView[]): number | null {
    const ofStage = jobs.filter((job) => job.stage === this.#stage);
    if (new Set(ofStage.map(({ unit }) => unit)).size > 1) return null;
    const total = ofStage.reduce((most, job) => Math.max(most, job.total), 0);
    let [left, pace, longest] = [0, 0, 0];
    for (const job of ofStage) {
      if (job.state === 'waiting') left += (job.total || total) - job.done;
      if (job.state !== 'running') continue;
      const perUnit = this.#job(job.key).pace.secondsPerUnit;
      if (perUnit === null || job.secondsLeft === null) {
        left += job.total - job.done;
        continue;
      }
      pace += 1 / perUnit;
      left += job.secondsLeft / perUnit;
      longest = Math.max(longest, job.secondsLeft);
    }
    return pace === 0 ? null : Math.max(longest, left / pace);
  }

  #see(pool: string, worker: string | null): void {
    if (worker === null) return;
    const seen = this.#workers.get(pool) ?? new Set();
    this.#workers.set(pool, seen.add(worker));
  }

  #job(key: string): Tracked {
    const job = this.#jobs.get(key);
    if (job === undefined) throw new RangeError(`expected the key of a job, got ${key}`);
    return job;
  }

  #track({ key, total, unit }: NodeProgress): Tracked {
    const known = this.#jobs.get(key);
    if (known !== undefined) return known;
    const job = newlyTracked(total, unit, this.#curveOf(key));
    this.#jobs.set(key, job);
    return job;
  }

  #jobView(node: NodeProgress, now: number): JobView {
    const { id, key, kind, stage, unit, member, madeBy, trouble } = node;
    const job = this.#job(key);
    const figures = current(job);
    const seen =
      job.startedAt !== null && job.finishedAt !== null ? (job.finishedAt - job.startedAt) / 1000 : null;
    return {
      ...figures,
      id,
      key,
      kind,
      name: member === undefined ? id : `${member.role} ${member.index}`,
      stage,
      unit,
      ...(member === undefined ? {} : { member }),
      waitsFor: `a ${madeBy}`,
      held: this.#stage === pausedStage && figures.state === 'waiting',
      secondsLeft: figures.state === 'running' ? job.pace.secondsLeft(figures.total, now) : null,
      seconds: job.told?.seconds ?? seen,
      reused: job.told?.reused ?? node.reused,
      ...(trouble === undefined || figures.state === 'finished' ? {} : { trouble }),
      losses: job.losses.points,
    };
  }
}

function scaled(seconds: number | undefined, share: number): number | null {
  return seconds === undefined ? null : seconds * share;
}
