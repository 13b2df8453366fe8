import { createHash } from 'node:crypto';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';

/** Random numbers of one phantom slice. */
export interface PhantomRandom {
  /** Uniform in [low, high). */
  between(low: number, high: number): number;
  /** Standard normal. */
  normal(): number;
}

/** A generator of its own for every purpose: equal purposes give equal numbers, others independent ones. */
export function phantomRandom(...purpose: (string | number)[]): PhantomRandom {
  const state = createHash('sha256').update(purpose.join('/')).digest();
  const generator = xoroshiro128plusFromState([0, 4, 8, 12].map((at) => state.readInt32LE(at)));
  const between = (low: number, high: number) => low + (high - low) * uniformFloat64(generator);
  return {
    between,
    // Box-Muller; 1 - u keeps the logarithm finite.
    normal: () => Math.sqrt(-2 * Math.log(1 - between(0, 1))) * Math.cos(2 * Math.PI * between(0, 1)),
  };
}

/** A smooth random function of the plane. */
export type Field = (x: number, y: number) => number;

/**
 * Value noise over [-1.5, 1.5]²: random values in [-1, 1] on a lattice, blended with zero slope at its points.
 * Outside it repeats.
 *
 * @param cells lattice cells along a side of [-1.5, 1.5]: the larger, the finer
 */
export function smoothField(random: PhantomRandom, cells: number): Field {
  const lattice = Float64Array.from({ length: cells * cells }, () => random.between(-1, 1));
  const blend = (t: number) => t * t * t * (t * (t * 6 - 15) + 10);
  const wrap = (i: number) => ((i % cells) + cells) % cells;
  return (x, y) => {
    const gx = ((x + 1.5) / 3) * cells;
    const gy = ((y + 1.5) / 3) * cells;
    const left = Math.floor(gx);
    const top = Math.floor(gy);
    const tx = blend(gx - left);
    const ty = blend(gy - top);
    const [x0, x1, y0, y1] = [wrap(left), wrap(left + 1), wrap(top) * cells, wrap(top + 1) * cells];
    const upper = lattice[y0 + x0]! * (1 - tx) + lattice[y0 + x1]! * tx;
    const lower = lattice[y1 + x0]! * (1 - tx) + lattice[y1 + x1]! * tx;
    return upper * (1 - ty) + lower * ty;
  };
}
