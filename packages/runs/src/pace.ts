/** How far back the pace is measured. */
const window = 8;

/** How fast a job gets on, by the last times at which it was seen to advance. */
export class Pace {
  #points: { at: number; done: number }[] = [];

  /** @param now milliseconds @param done units of work */
  add(now: number, done: number): void {
    const last = this.#points.at(-1);
    // A job that lost epochs (taken up from an older checkpoint) starts its pace anew.
    if (last !== undefined && done < last.done) this.#points = [];
    if (last === undefined || done !== last.done) this.#points.push({ at: now, done });
    if (this.#points.length > window) this.#points.shift();
  }

  /** The job is at work no longer. */
  stop(): void {
    this.#points = [];
  }

  /** Null until it was seen to advance. */
  get secondsPerUnit(): number | null {
    const [first, last] = [this.#points[0], this.#points.at(-1)];
    if (first === undefined || last === undefined || last.done <= first.done || last.at <= first.at)
      return null;
    return (last.at - first.at) / 1000 / (last.done - first.done);
  }

  /** Until `total` units are done, at this pace; null until the job was seen to advance. */
  secondsLeft(total: number, now: number): number | null {
    const [perUnit, last] = [this.secondsPerUnit, this.#points.at(-1)];
    if (perUnit === null || last === undefined) return null;
    return Math.max(0, (total - last.done) * perUnit - (now - last.at) / 1000);
  }
}
