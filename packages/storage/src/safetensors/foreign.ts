import type { NamedTensor } from './codec.ts';
import { headerLength, lengthBytes, MalformedSafetensors, parseHeader, type TensorPlace } from './layout.ts';

/** Types of the format's values, with their bytes. */
const types = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U64: 8,
  U32: 4,
  U16: 2,
  U8: 1,
  BOOL: 1,
} as const;

/** A file of tensors that others wrote. */
export interface ForeignTensors {
  /** Those of floating-point numbers, as 32-bit floats. */
  tensors: Map<string, NamedTensor>;
  /** Names of those of whole numbers or truth values, such as batch normalisation's count of batches. */
  passedOver: string[];
}

/**
 * Reads a safetensors file of whatever types, whole. Numbers of 16 bits become the same of 32; of 64 bits the nearest.
 * @throws MalformedSafetensors saying what was expected and what came; on values that are not finite, too
 */
export function decodeForeignSafetensors(file: Buffer): ForeignTensors {
  const begin = lengthBytes + headerLength(file.subarray(0, lengthBytes), file.length);
  const { places } = parseHeader(file.subarray(lengthBytes, begin), file.length, types);
  const found: ForeignTensors = { tensors: new Map(), passedOver: [] };
  for (const [name, place] of places) {
    const data = floatsAt(file, place);
    if (data === null) {
      found.passedOver.push(name);
      continue;
    }
    const odd = data.findIndex((value) => !Number.isFinite(value));
    if (odd >= 0)
      throw new MalformedSafetensors(`${name}: expected finite values, got ${data[odd]} at ${odd}`);
    found.tensors.set(name, { shape: [...place.shape], data });
  }
  return found;
}

/** Null of values that are no floating-point numbers. */
function floatsAt(file: Buffer, { begin, bytes, dtype }: TensorPlace): Float32Array | null {
  const read = (size: number, at: (offset: number) => number) =>
    Float32Array.from({ length: bytes / size }, (_, i) => at(begin + i * size));
  switch (dtype) {
    case 'F64':
      return read(types.F64, (offset) => file.readDoubleLE(offset));
    case 'F32':
      // Copied, since a view of 32-bit floats needs an aligned start.
      return new Float32Array(new Uint8Array(file.subarray(begin, begin + bytes)).buffer);
    case 'F16':
      return read(types.F16, (offset) => halfFloat(file.readUInt16LE(offset)));
    case 'BF16': {
      // The upper half of a 32-bit float.
      const upper = new Uint16Array(bytes);
      for (let i = 0; i < bytes / types.BF16; i += 1) upper[2 * i + 1] = file.readUInt16LE(begin + 2 * i);
      return new Float32Array(upper.buffer);
    }
    default:
      return null;
  }
}

/** IEEE 754's binary16. */
function halfFloat(bits: number): number {
  const [sign, exponent, fraction] = [bits >> 15 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
}
