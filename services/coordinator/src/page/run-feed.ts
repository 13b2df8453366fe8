import { describeSickness, type RunResult, type WorkerState } from '@ddad/contract';
import type { Logger } from '@ddad/platform';
import {
  definitionsOf,
  finishedProgress,
  type LossPoint,
  type RunEntry,
  type RunSnapshot,
  RunTracker,
} from '@ddad/runs';
import type { LiveFigures } from './live-figures.ts';
import type { RunSource } from './run-source.ts';

export interface RunFeedDeps {
  source: RunSource;
  live: LiveFigures;
  /** How each worker is. */
  workers: () => readonly WorkerState[];
  /** Milliseconds, only forward. */
  now: () => number;
  logger: Logger;
  /** Milliseconds between questions to the workflow, and between news to viewers. */
  intervals?: { ask: number; tell: number };
}

/** A run at a moment, with its losses by job's key. */
export interface FeedState {
  snapshot: RunSnapshot;
  curves: readonly (readonly [key: string, points: readonly LossPoint[]])[];
  /** True where nothing new will come. */
  ended: boolean;
}

/** A run; when it started is null where Temporal has forgotten it. */
type FollowedRun = Omit<RunEntry, 'started'> & { started: Date | null };

/** For how long the workflow may be silent before viewers hear of it, in milliseconds. */
const patience = 8_000;

/** For how long a live figure counts as one of now: jobs tell theirs every few seconds. */
const freshMs = 15_000;

/** Follows one run for all its viewers, asking Temporal as often for many of them as for one. */
export class RunFeed {
  readonly #deps: RunFeedDeps;
  readonly #entry: FollowedRun;
  readonly #tracker: RunTracker;
  readonly #over = new AbortController();
  readonly #introduced = new Set<string>();
  readonly #viewers = new Set<(state: FeedState) => void>();
  #result: RunResult | null = null;
  #ended = false;
  #heardAt: number;
  #note: string | null = null;
  #told = '';

  private constructor(deps: RunFeedDeps, entry: FollowedRun) {
    this.#deps = deps;
    this.#entry = entry;
    this.#heardAt = deps.now();
    const age =
      entry.started === null ? 0 : (entry.closed?.getTime() ?? Date.now()) - entry.started.getTime();
    this.#tracker = new RunTracker(deps.now() - age, (key) => deps.live.curve(key));
  }

  /** @returns null where there is no such run; else once its state is known, if that can be known now. */
  static async open(deps: RunFeedDeps, reference: string): Promise<RunFeed | null> {
    const entry = await deps.source.find(reference);
    if (entry !== null) {
      const feed = new RunFeed(deps, entry);
      await feed.#ask();
      if (!feed.#ended) feed.#follow();
      return feed;
    }
    const result = await deps.source.stored(reference);
    if (result === null) return null;
    const { runId: id, dataset, method } = result;
    const known: FollowedRun = {
      kind: 'run',
      id,
      executionId: id,
      status: 'completed',
      dataset,
      method,
      k: kOf(result),
      started: null,
      closed: null,
    };
    const feed = new RunFeed(deps, known);
    await feed.#finish(result);
    return feed;
  }

  get viewers(): number {
    return this.#viewers.size;
  }

  /** Temporal's id of the execution. */
  get executionId(): string {
    return this.#entry.executionId;
  }

  /** Whether the run has a report page. */
  get hasPage(): boolean {
    return this.#result !== null && this.#result.files.page !== null;
  }

  state(): FeedState {
    const view = this.#tracker.view(this.#deps.now());
    const { started, closed } = this.#entry;
    return {
      snapshot: {
        run: {
          ...this.#entry,
          k: (this.#result === null ? null : kOf(this.#result)) ?? this.#entry.k,
          started: started?.toISOString() ?? null,
          closed: closed?.toISOString() ?? null,
        },
        view: { ...view, jobs: view.jobs.map(withoutLosses) },
        scores: this.#result?.scores ?? null,
        definitions: this.#result === null ? [] : definitionsOf(this.#result),
        report: this.hasPage,
        note: this.#note,
        // A run that is over waits for nobody.
        sick: this.#ended ? [] : this.#deps.workers().flatMap((worker) => describeSickness(worker) ?? []),
      },
      curves: view.jobs.map(({ key, losses }) => [key, losses] as const),
      ended: this.#ended,
    };
  }

  /** Tells the state at once, and again whenever there is news. @returns ends it */
  view(viewer: (state: FeedState) => void): () => void {
    const state = this.state();
    if (this.#viewers.size === 0) this.#told = essence(state);
    this.#viewers.add(viewer);
    viewer(state);
    return () => this.#viewers.delete(viewer);
  }

  close(): void {
    this.#over.abort();
    this.#viewers.clear();
  }

  #follow(): void {
    const { live, now, intervals = { ask: 2_000, tell: 1_000 } } = this.#deps;
    const { signal } = this.#over;
    const deafen = live.listen((key, progress) => this.#tracker.applyLive(key, progress, now()));
    const telling = setInterval(() => this.#tell(), intervals.tell);
    let timer: NodeJS.Timeout;
    const again = async () => {
      // Nobody asks for it: what was heard live meanwhile is kept.
      if (this.#viewers.size > 0) await this.#ask();
      if (this.#ended) {
        this.#tell();
        this.#over.abort();
      }
      if (!signal.aborted) timer = setTimeout(again, intervals.ask);
    };
    timer = setTimeout(again, intervals.ask);
    signal.addEventListener('abort', () => {
      deafen();
      clearInterval(telling);
      clearTimeout(timer);
    });
  }

  /** Asks Temporal how the run goes. Never rejects. */
  async #ask(): Promise<void> {
    const { source, now, logger } = this.#deps;
    try {
      const { status, closed } = await source.state(this.#entry);
      Object.assign(this.#entry, { status, closed });
      if (status === 'completed') return await this.#finish(await source.result(this.#entry));
      this.#apply(await source.progress(this.#entry));
      await this.#recall();
      this.#heardAt = now();
      this.#note = null;
      this.#ended = status !== 'running';
    } catch (error) {
      logger.debug({ err: error }, 'a run does not say how it goes');
      // A run that failed will not say more.
      this.#ended = this.#entry.status !== 'running' && this.#entry.status !== 'completed';
      const silent = now() - this.#heardAt;
      if (silent >= patience || this.#ended) this.#note = 'The run does not answer; its figures may be old.';
    }
  }

  async #finish(result: RunResult): Promise<void> {
    this.#result = result;
    const progress = await this.#deps.source.progress(this.#entry).catch(() => finishedProgress(result));
    this.#apply(progress);
    this.#tracker.applyResult(result);
    await this.#recall();
    this.#note = null;
    this.#ended = true;
  }

  #apply(progress: Parameters<RunTracker['applyQuery']>[0]): void {
    const { live, now } = this.#deps;
    this.#tracker.applyQuery(progress, now());
    // What was heard shortly before this feed knew of the job is no older than the query's figures.
    for (const key of this.#tracker.keys()) {
      if (this.#introduced.has(key)) continue;
      this.#introduced.add(key);
      const latest = live.latest(key);
      if (latest !== null && now() - latest.at < freshMs) {
        this.#tracker.applyLive(key, latest.progress, now());
      }
    }
  }

  #recall(): Promise<void> {
    return this.#tracker.recall((kind, key) => this.#deps.source.history(kind, key), this.#over.signal);
  }

  /** Tells the viewers, if anything but the time has changed. */
  #tell(): void {
    if (this.#viewers.size === 0) return;
    const state = this.state();
    const text = essence(state);
    if (text === this.#told) return;
    this.#told = text;
    for (const viewer of this.#viewers) viewer(state);
  }
}

/** Equal for states that differ in the time only. */
function essence({ snapshot, curves, ended }: FeedState): string {
  const { elapsed: _, ...view } = snapshot.view;
  return JSON.stringify([{ ...snapshot, view }, curves.map(([, points]) => points.at(-1)), ended]);
}

function withoutLosses<T extends { losses: unknown }>({ losses: _, ...job }: T): Omit<T, 'losses'> {
  return job;
}

/** Networks per role, of a method that has such. */
function kOf({ k }: RunResult): number | null {
  return typeof k === 'number' ? k : null;
}
