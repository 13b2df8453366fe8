/** Floats of 32 bits as text, four bytes each from the lowest, in base64: a third of what their digits take. */
export function encodeFloats(values: ArrayLike<number>): string {
  const bytes = new DataView(new ArrayBuffer(4 * values.length));
  for (let at = 0; at < values.length; at += 1) bytes.setFloat32(4 * at, values[at]!, true);
  return Buffer.from(bytes.buffer).toString('base64');
}

/** The same back, in a browser as well. */
export function decodeFloats(text: string): Float32Array {
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  return Float32Array.from({ length: bytes.length / 4 }, (_, at) => view.getFloat32(4 * at, true));
}
