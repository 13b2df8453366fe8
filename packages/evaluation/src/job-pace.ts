import { cpus } from 'node:os';
import { type ChildContext, goesOn } from '@ddad/jobs/child';

/** A job was told to end: thrown through code that knows nothing of jobs. */
export class Stopped extends Error {
  override name = 'Stopped';
}

/** Between two messages: each takes as long as a small step. */
const tellMs = 100;

/** Tells how a job goes that counts images, and lets orders in. */
export class JobPace {
  readonly #context: Pick<ChildContext, 'afterStep' | 'progress'>;
  readonly #images: number;
  readonly #steps: number;
  readonly #started = performance.now();
  #done = 0;
  #toldAt = Number.NEGATIVE_INFINITY;

  /**
   * @param images that the artifact is about
   * @param steps of its work, each as long as another
   */
  constructor(context: Pick<ChildContext, 'afterStep' | 'progress'>, images: number, steps: number) {
    this.#context = context;
    this.#images = images;
    this.#steps = Math.max(1, steps);
  }

  get seconds(): number {
    return (performance.now() - this.#started) / 1000;
  }

  /**
   * To be called after some steps. Of the images so many are told to be done as is the share of the steps.
   * @returns false when the work has to end
   */
  async advance(steps: number): Promise<boolean> {
    this.#done = Math.min(this.#done + steps, this.#steps);
    this.#tell();
    return await goesOn(this.#context);
  }

  #tell(): void {
    const now = performance.now();
    if (now - this.#toldAt < tellMs && this.#done < this.#steps) return;
    this.#toldAt = now;
    const done = Math.floor((this.#images * this.#done) / this.#steps);
    const imagesPerSecond = done / Math.max(this.seconds, 1e-3);
    this.#context.progress({ done, total: this.#images, loss: null, imagesPerSecond });
  }

  /** The same. @throws Stopped when the work has to end */
  async advanceOrStop(steps: number): Promise<void> {
    if (!(await this.advance(steps))) throw new Stopped();
  }
}

/** Where artifacts are made that take no TensorFlow; for their manifests. */
export function plainEnvironment(): Record<string, string | number> {
  return { device: 'cpu', processor: cpus()[0]?.model ?? 'unknown', node: process.versions.node };
}
