/**
 * Bilinear interpolation of a square map at the centres of another grid's pixels over the same area; beyond the outermost
 * centres the values stay.
 * @param values [side, side]
 * @returns [height, width]
 */
export function resizeFloats(
  values: Float32Array,
  side: number,
  width: number,
  height: number,
): Float32Array {
  const steps = (size: number) =>
    Array.from({ length: size }, (_, i) => {
      const at = Math.min(side - 1, Math.max(0, ((i + 0.5) * side) / size - 0.5));
      const low = Math.floor(at);
      return { low, high: Math.min(side - 1, low + 1), share: at - low };
    });
  const [across, down] = [steps(width), steps(height)];
  const result = new Float32Array(width * height);
  for (const [y, { low: top, high: bottom, share: v }] of down.entries()) {
    for (const [x, { low: left, high: right, share: u }] of across.entries()) {
      const upper = values[top * side + left]! * (1 - u) + values[top * side + right]! * u;
      const lower = values[bottom * side + left]! * (1 - u) + values[bottom * side + right]! * u;
      result[y * width + x] = upper * (1 - v) + lower * v;
    }
  }
  return result;
}
