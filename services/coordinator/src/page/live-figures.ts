import type { JobProgress } from '@ddad/contract';
import { LossCurve } from '@ddad/runs';

interface Figures {
  curve: LossCurve;
  latest: { progress: JobProgress; at: number } | null;
}

type Listener = (key: string, progress: JobProgress) => void;

/** Points of a curve: enough for a chart's width, few enough for a thousand of them. */
const curvePoints = 128;

/**
 * What was heard live of the jobs, their losses included, so that a page that is opened late shows a curve from its
 * beginning. Of the jobs that were heard of longest ago it forgets those that are too many.
 */
export class LiveFigures {
  readonly #limit: number;
  readonly #now: () => number;
  /** By key; the one that was heard of longest ago comes first. */
  readonly #jobs = new Map<string, Figures>();
  readonly #listeners = new Set<Listener>();

  /** @param limit most jobs to remember: two thousand take about 20 MB */
  constructor(now: () => number, limit = 1000) {
    this.#now = now;
    this.#limit = limit;
  }

  heard(key: string, progress: JobProgress): void {
    const job = this.#job(key);
    job.latest = { progress, at: this.#now() };
    const { done, loss, state } = progress;
    if (loss !== null && done > 0 && state === 'running') job.curve.add(done, loss);
    for (const listener of this.#listeners) listener(key, progress);
  }

  curve(key: string): LossCurve {
    return this.#job(key).curve;
  }

  latest(key: string): { progress: JobProgress; at: number } | null {
    return this.#jobs.get(key)?.latest ?? null;
  }

  /** @returns ends it */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #job(key: string): Figures {
    const job = this.#jobs.get(key) ?? { curve: new LossCurve(curvePoints), latest: null };
    this.#jobs.delete(key);
    this.#jobs.set(key, job);
    const [oldest] = this.#jobs.keys();
    if (this.#jobs.size > this.#limit) this.#jobs.delete(oldest!);
    return job;
  }
}
