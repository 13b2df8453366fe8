import { open } from 'node:fs/promises';
import { ChildFault } from './child-fault.ts';

const pieceBytes = 8 * 2 ** 20;
/** Exponent of a 32-bit float: all ones in infinities and NaN. */
const exponent = 0x7f80_0000;

interface HeaderEntry {
  data_offsets: [number, number];
}

/**
 * Checks every value of a safetensors file of 32-bit floats, in pieces.
 * @throws ChildFault `diverged` that names the tensor and the index of the first value that is not finite
 */
export async function assertFinite(path: string): Promise<void> {
  const file = await open(path);
  const read = async (target: Buffer, position: number) => {
    const { bytesRead } = await file.read(target, 0, target.length, position);
    if (bytesRead < target.length)
      throw new Error(`${path}: expected ${target.length} bytes at ${position}, got ${bytesRead}`);
    return target;
  };
  try {
    const headerBytes = Number((await read(Buffer.alloc(8), 0)).readBigUInt64LE());
    const header = await read(Buffer.alloc(headerBytes), 8);
    const { __metadata__: _, ...tensors } = JSON.parse(header.toString('utf8')) as Record<
      string,
      HeaderEntry
    >;
    const piece = Buffer.alloc(pieceBytes);
    for (const [name, { data_offsets: offsets }] of Object.entries(tensors)) {
      const [begin, end] = offsets;
      for (let at = begin; at < end; at += pieceBytes) {
        const bytes = await read(piece.subarray(0, Math.min(pieceBytes, end - at)), 8 + headerBytes + at);
        const place = firstNotFinite(new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4));
        if (place === null) continue;
        const value = bytes.readFloatLE(place * 4);
        const index = (at - begin) / 4 + place;
        throw new ChildFault('diverged', `${name}: expected finite values, got ${value} at index ${index}`);
      }
    }
  } finally {
    await file.close();
  }
}

function firstNotFinite(bits: Uint32Array): number | null {
  for (let i = 0; i < bits.length; i++) if ((bits[i]! & exponent) === exponent) return i;
  return null;
}
