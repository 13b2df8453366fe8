/**
 * Least and greatest of the values; of none +∞ and −∞. Losses of a run's members come to hundreds of thousands, which
 * `Math.min(...values)` has no room for on the stack.
 */
export function rangeOf(values: Iterable<number>): readonly [least: number, greatest: number] {
  let [least, greatest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    least = Math.min(least, value);
    greatest = Math.max(greatest, value);
  }
  return [least, greatest];
}
