import { floatAt, ordersOf } from './float-order.ts';

/** Floats by the upper halves of their bits: so many cells, of so many values each. */
const half = 2 ** 16;
/** Of all cells together; each has one at least. */
const usual = 2 ** 22;

/**
 * Bins that hold about as many scores each, wherever scores lie: scores are counted first, coarsely, then each cell gets bins
 * by its share, up to one for each of its 32-bit floats. With few scores, each value has a bin of its own.
 */
export class ScoreBins {
  readonly #counts = new Float64Array(half);
  readonly #wanted: number;
  /** By cell: its first bin, and how many it has. */
  #first = new Uint32Array(half);
  #bins = new Uint32Array(half);
  #size = 0;

  /** @param bins about so many in all */
  constructor(bins: number = usual) {
    this.#wanted = bins;
  }

  /** Counts scores, none of which may be NaN. All must be counted before the first bin is asked for. */
  add(scores: Float32Array): void {
    for (const order of ordersOf(scores)) this.#counts[order >>> 16]! += 1;
    this.#size = 0;
  }

  /** How many there are. */
  get size(): number {
    if (this.#size > 0) return this.#size;
    const total = Math.max(
      1,
      this.#counts.reduce((sum, count) => sum + count, 0),
    );
    for (const [cell, count] of this.#counts.entries()) {
      this.#first[cell] = this.#size;
      this.#bins[cell] = Math.min(half, Math.max(1, Math.floor((this.#wanted * count) / total)));
      this.#size += this.#bins[cell]!;
    }
    return this.#size;
  }

  /** Bins of scores, in their order: a higher score is never in a lower bin. */
  of(scores: Float32Array): Uint32Array {
    void this.size;
    return ordersOf(scores).map((order) => {
      const cell = order >>> 16;
      return this.#first[cell]! + Math.floor(((order & 0xffff) * this.#bins[cell]!) / half);
    });
  }

  /** The lowest score that a bin may hold. */
  lowest(bin: number): number {
    const after = this.#first.findIndex((first) => first > bin);
    const cell = after < 0 ? half - 1 : after - 1;
    const within = Math.ceil(((bin - this.#first[cell]!) * half) / this.#bins[cell]!);
    return floatAt(cell * half + within);
  }
}
