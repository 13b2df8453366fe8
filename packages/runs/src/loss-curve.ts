/** Losses by epoch. */
export type LossPoint = readonly [epoch: number, loss: number];

/**
 * A training's losses as they were heard, in a bounded number of points: where there are more, the distance between points
 * doubles. A training that lost epochs loses their points too.
 */
export class LossCurve {
  readonly #limit: number;
  /** Least number of epochs between points; the newest may be nearer to the one before it. */
  #distance = 1;
  #points: LossPoint[] = [];
  #version = 0;

  /** @param limit most points to keep, at least 2 */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** By epoch. */
  get points(): readonly LossPoint[] {
    return this.#points;
  }

  /** Grows whenever the points have changed. */
  get version(): number {
    return this.#version;
  }

  /** Takes the loss of an epoch, which may have been heard before. */
  add(epoch: number, loss: number): void {
    const last = this.#points.at(-1);
    if (last !== undefined && last[0] === epoch && last[1] === loss) return;
    this.#version += 1;
    while (this.#points.length > 0 && this.#points.at(-1)![0] >= epoch) this.#points.pop();
    const [before, newest] = [this.#points.at(-2), this.#points.at(-1)];
    if (before !== undefined && newest![0] - before[0] < this.#distance) this.#points.pop();
    this.#points.push([epoch, loss]);
    while (this.#points.length > this.#limit) this.#thin();
  }

  /** Takes a whole training's losses, of epoch 1 on, in the place of what was heard. */
  replace(history: readonly number[]): void {
    this.#points = [];
    this.#distance = 1;
    for (const [i, loss] of history.entries()) this.add(i + 1, loss);
  }

  #thin(): void {
    this.#distance *= 2;
    const kept: LossPoint[] = [];
    for (const point of this.#points) {
      if (kept.length === 0 || point[0] - kept.at(-1)![0] >= this.#distance) kept.push(point);
    }
    const newest = this.#points.at(-1)!;
    if (kept.at(-1) !== newest) kept.push(newest);
    this.#points = kept;
  }
}
