import { LiveBlock } from './live-block.ts';
import { bar } from './progress-line.ts';
import type { Screen } from './screen.ts';

/** Least time between two drawings, in ms. */
const pauseMs = 100;
const barWidth = 30;

/**
 * How far a command's own work is, as a line of a terminal that goes once the work is done: `reading images  ███░░  12/40`.
 * Files and pipes get nothing.
 */
export class StepLine {
  readonly #block: LiveBlock | null;
  readonly #now: () => number;
  #drawnAt = Number.NEGATIVE_INFINITY;

  /** @param now milliseconds, only forward */
  constructor(screen: Screen, now: () => number = () => performance.now()) {
    this.#block = screen.isTerminal ? new LiveBlock(screen) : null;
    this.#now = now;
  }

  /**
   * To be called as often as something is done.
   * @param figures what stands behind the bar
   */
  show(what: string, done: number, total: number, figures = `${done}/${total}`): void {
    if (this.#block === null) return;
    const now = this.#now();
    if (now - this.#drawnAt < pauseMs && done < total) return;
    this.#drawnAt = now;
    this.#block.draw([{ text: `${what}  ${bar(total > 0 ? done / total : 0, barWidth)}  ${figures}` }]);
  }

  clear(): void {
    this.#block?.clear();
  }
}
