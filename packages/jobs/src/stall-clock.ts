export interface StallLimits {
  /** Silence allowed until the process is ready, and again until a step that may compile. In ms. */
  loadMs: number;
  /** Silence allowed between steps, unless 20 times the median step is longer. In ms. */
  stallMs: number;
}

/** How often `silentTooLong` is to be asked, in ms. */
export const stallWatchMs = 250;

/** Gaps that the median is taken of. */
const keptGaps = 51;

/** Finds the time after which a silent process counts as hung. */
export class StallClock {
  readonly #stallMs: number;
  readonly #loadMs: number;
  readonly #now: () => number;
  #limitMs: number;
  #silentMs = 0;
  #askedAt: number;
  #lastStep: number | null = null;
  readonly #gaps: number[] = [];

  /** @param now a clock in ms that nobody sets, such as `performance.now` */
  constructor(limits: StallLimits, now: () => number = () => performance.now()) {
    this.#stallMs = limits.stallMs;
    this.#loadMs = limits.loadMs;
    this.#limitMs = limits.loadMs;
    this.#now = now;
    this.#askedAt = now();
  }

  /** The process said something. */
  heard(): void {
    this.#silentMs = 0;
  }

  /** The process is about to make a step that may compile first. */
  compiles(): void {
    this.heard();
    this.#limitMs = this.#loadMs;
    // What it takes is no measure of a step.
    this.#lastStep = null;
  }

  /** The process told of a step. */
  stepped(): void {
    this.heard();
    const now = this.#now();
    // Before the first step lies compiling: no measure of a step.
    if (this.#lastStep !== null) {
      this.#gaps.push(now - this.#lastStep);
      if (this.#gaps.length > keptGaps) this.#gaps.shift();
    }
    this.#lastStep = now;
    const median = this.#gaps.toSorted((a, b) => a - b)[this.#gaps.length >> 1] ?? 0;
    this.#limitMs = Math.max(this.#stallMs, 20 * median);
  }

  /** @returns how long the process has been silent, in ms, where that is too long; else null */
  silentTooLong(): number | null {
    const now = this.#now();
    // Where we ourselves stood still (SIGSTOP, a laptop asleep), its words may wait to be read: that is not its silence.
    this.#silentMs += Math.min(now - this.#askedAt, 2 * stallWatchMs);
    this.#askedAt = now;
    return this.#silentMs > this.#limitMs ? this.#silentMs : null;
  }
}
