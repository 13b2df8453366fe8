/**
 * Numbers of 32 bits in the order of the floats that they are the bits of: those of positive ones follow their bits, those of
 * negative ones run backwards below them.
 */
export const orderOf = (bits: number) => (bits >>> 31 === 1 ? ~bits : bits | 0x80000000) >>> 0;

/** The same of all values of an array, which may be NaN nowhere. */
export function ordersOf(values: Float32Array): Uint32Array {
  // A copy: the bytes may not begin where numbers of 32 bits can.
  return new Uint32Array(values.slice().buffer).map(orderOf);
}

/** The float of a place in that order. */
export function floatAt(order: number): number {
  const bits = order >>> 31 === 1 ? order & 0x7fffffff : ~order;
  return new Float32Array(Uint32Array.of(bits >>> 0).buffer)[0]!;
}
