import { createHash } from 'node:crypto';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';

/** A stream of random numbers that depends on nothing but what it was made from. */
export interface RandomStream {
  /** In [0, 1), a multiple of 2^-32. */
  uniform(): number;
  /** An integer between `min` and `max`, both included, each equally likely. */
  integer(min: number, max: number): number;
  /** A permutation of 0 … n-1. */
  shuffle(n: number): Uint32Array;
  /** Fills with numbers in [low, high). */
  fillUniform(low: number, high: number, target: Float32Array): void;
  /** Fills with numbers of a normal distribution, by Box and Muller's transform. */
  fillNormal(mean: number, deviation: number, target: Float32Array): void;
}

/**
 * All randomness is a function of a seed and of what it is for (`'shuffle', epoch`), never of what was drawn before:
 * a resumed job repeats nothing and skips nothing.
 */
export function randomStream(seed: number, ...labels: (string | number)[]): RandomStream {
  const digest = createHash('sha256')
    .update(JSON.stringify([seed, ...labels]))
    .digest();
  // xoroshiro128+ must not start from all zeros, which SHA-256 gives with probability 2^-128.
  const state = [digest.readInt32LE(0), digest.readInt32LE(4), digest.readInt32LE(8), digest.readInt32LE(12)];
  const generator = xoroshiro128plusFromState(state);
  const uniform = () => (generator.next() >>> 0) / 2 ** 32;
  const integer = (min: number, max: number) => uniformInt(generator, min, max);
  return {
    uniform,
    integer,
    shuffle(n) {
      const order = Uint32Array.from({ length: n }, (_, i) => i);
      for (let i = n - 1; i > 0; i--) {
        const j = integer(0, i);
        const moved = order[i]!;
        order[i] = order[j]!;
        order[j] = moved;
      }
      return order;
    },
    fillUniform(low, high, target) {
      for (let i = 0; i < target.length; i++) target[i] = low + (high - low) * uniform();
    },
    fillNormal(mean, deviation, target) {
      for (let i = 0; i < target.length; i += 2) {
        // In (0, 1]: 0 has no logarithm.
        const radius = deviation * Math.sqrt(-2 * Math.log(1 - uniform()));
        const angle = 2 * Math.PI * uniform();
        target[i] = mean + radius * Math.cos(angle);
        if (i + 1 < target.length) target[i + 1] = mean + radius * Math.sin(angle);
      }
    },
  };
}
