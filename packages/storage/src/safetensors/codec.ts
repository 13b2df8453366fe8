import { elements, encodeHeader, headerLength, lengthBytes, parseHeader } from './layout.ts';

/** A tensor of 32-bit floats, row-major. */
export interface NamedTensor {
  shape: number[];
  data: Float32Array;
}

/**
 * A safetensors file (little-endian F32), whole. Tensors and metadata are written in order of their names, so that equal
 * tensors give equal bytes.
 * @throws RangeError where shape and data do not fit together.
 */
export function encodeSafetensors(
  tensors: ReadonlyMap<string, NamedTensor>,
  metadata?: Readonly<Record<string, string>>,
): Buffer {
  for (const [name, { shape, data }] of tensors) {
    if (elements(shape) === data.length) continue;
    throw new RangeError(
      `safetensors: ${name}: expected ${elements(shape)} values for shape [${shape.join(', ')}], got ${data.length}`,
    );
  }
  const shapes = Array.from(tensors, ([name, { shape }]) => [name, shape] as const);
  const { header, places } = encodeHeader(shapes, metadata);
  const bytes = [...places.values()].reduce((sum, place) => sum + place.bytes, header.length);
  const file = Buffer.alloc(bytes);
  header.copy(file);
  for (const [name, { data }] of tensors) {
    Buffer.from(data.buffer, data.byteOffset, data.byteLength).copy(file, places.get(name)?.begin);
  }
  return file;
}

/**
 * Reads a safetensors file that holds F32 tensors only, whole: one that is small. `openSafetensors` reads large ones.
 * @throws MalformedSafetensors saying what was expected and what came.
 */
export function decodeSafetensors(file: Buffer): {
  tensors: Map<string, NamedTensor>;
  metadata: Record<string, string>;
} {
  const begin = lengthBytes + headerLength(file.subarray(0, lengthBytes), file.length);
  const { places, metadata } = parseHeader(file.subarray(lengthBytes, begin), file.length);
  const tensors = new Map<string, NamedTensor>();
  for (const [name, place] of places) {
    // Copied, since a view of 32-bit floats needs an aligned start.
    const bytes = new Uint8Array(file.subarray(place.begin, place.begin + place.bytes));
    tensors.set(name, { shape: [...place.shape], data: new Float32Array(bytes.buffer) });
  }
  return { tensors, metadata };
}
