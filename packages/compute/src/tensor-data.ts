/** A tensor's values outside of TensorFlow, rows last; what checkpoints and weight files hold. */
export interface TensorData {
  shape: number[];
  data: Float32Array;
}

export type Shapes = Record<string, number[]>;

/** How many values a tensor of this shape has. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, side) => product * side, 1);
}

/** @throws Error that lists every tensor that is missing or has another size than its declared shape */
export function assertShapes(
  what: string,
  shapes: Shapes,
  given: (name: string) => number | undefined,
): void {
  const faults = Object.entries(shapes).flatMap(([name, shape]) => {
    const size = given(name);
    if (size === sizeOf(shape)) return [];
    return [`${name}: expected ${sizeOf(shape)} values (${shape.join('×')}), got ${size ?? 'nothing'}`];
  });
  if (faults.length > 0) throw new Error(`${what}: ${faults.join('; ')}`);
}
