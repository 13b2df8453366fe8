import { floatAt, ordersOf } from './float-order.ts';

/** Half of a 32-bit number's bits. */
const halves = 2 ** 16;

/**
 * The smallest value that at most a share of all values lie above: the (1 − `above`) quantile of their distribution, numpy's
 * `inverted_cdf`. Exact, in memory that does not grow with their number: values are counted by the upper halves of their bits,
 * then by the lower ones of those that matter.
 * @param pieces gives all values, piece after piece, each time that it is called; none may be NaN
 * @param above in 0..1
 * @throws RangeError where there is no value
 *
 * @example
 * // Of 1, 2, 3, 4, a quarter may lie above.
 * await exactQuantile(() => [Float32Array.of(4, 2), Float32Array.of(1, 3)], 0.25) // 3
 */
export async function exactQuantile(
  pieces: () => AsyncIterable<Float32Array> | Iterable<Float32Array>,
  above: number,
): Promise<number> {
  const count = async (keyOf: (order: number) => number | null) => {
    const counts = new Float64Array(halves);
    let total = 0;
    for await (const piece of pieces()) {
      for (const order of ordersOf(piece)) {
        const key = keyOf(order);
        if (key !== null) counts[key]! += 1;
      }
      total += piece.length;
    }
    return { counts, total };
  };
  const upper = await count((order) => order >>> 16);
  if (upper.total === 0) throw new RangeError('expected values to take a quantile of, got none');
  // Written so that 0.07 · 100 = 7.000000000000001 counts as it is meant.
  const rank = Math.max(1, upper.total - Math.floor(upper.total * above + 1e-9));
  const high = placeOf(upper.counts, rank);
  const lower = await count((order) => (order >>> 16 === high.key ? order & 0xffff : null));
  const low = placeOf(lower.counts, rank - high.before);
  return floatAt(high.key * halves + low.key);
}

/** Where the value of a rank, from 1, was counted, and how many came before. */
function placeOf(counts: Float64Array, rank: number): { key: number; before: number } {
  let before = 0;
  for (const [key, count] of counts.entries()) {
    if (before + count >= rank) return { key, before };
    before += count;
  }
  throw new RangeError(`expected a rank of at most ${before}, got ${rank}`);
}
