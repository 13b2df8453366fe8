/**
 * Mean and standard deviation over K values, the deviation dividing by K.
 * @throws RangeError without values
 * @example meanAndDeviation([2, 4, 4, 4, 5, 5, 7, 9]) // { mean: 5, deviation: 2 }
 */
export function meanAndDeviation(values: readonly number[]): { mean: number; deviation: number } {
  if (values.length === 0) throw new RangeError('expected at least one value, got none');
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return { mean, deviation: Math.sqrt(variance) };
}
