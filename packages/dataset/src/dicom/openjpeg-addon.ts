import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { CodedFrame } from './coded-frame.ts';
import { isReversible } from './reversible.ts';

/** OpenJPEG as native code (packages/dataset/openjpeg); null wherever anything about a codestream is unusual. */
type Decode = (
  codestream: Uint8Array,
  columns: number,
  rows: number,
  samples: number,
  precision: number,
  memory: number,
) => Uint8Array | null;

/** Where scripts/setup links it. In images, and where it could not be made, there is none. */
const place = join(import.meta.dirname, '../../../../.cache/openjpeg/openjpeg.node');

let loaded: Decode | null | undefined;

function addon(): Decode | null {
  if (loaded !== undefined) return loaded;
  try {
    loaded = (createRequire(import.meta.url)(place) as { decode: Decode }).decode;
  } catch {
    // Also one that was made on another system.
    loaded = null;
  }
  return loaded;
}

/**
 * Decodes an ordinary JPEG 2000 codestream without its signs, a fifth faster than WebAssembly does. Only a reversible one:
 * rounding of others may differ, and a dataset's digest must not depend on who decoded it. Whatever OpenJPEG warns of is left
 * to WebAssembly for the same reason.
 * @returns colours by pixel, more than 8 bits as 16-bit words; null: WebAssembly is to decode it
 */
export function decodeNatively(
  codestream: Uint8Array,
  { columns, rows, samples, precision }: CodedFrame,
): Uint8Array | null {
  const decode = addon();
  if (decode === null || !isReversible(codestream)) return null;
  return decode(
    codestream,
    columns,
    rows,
    samples,
    precision,
    memoryOf(codestream.length, { columns, rows, samples }),
  );
}

/** Bytes that decoding an ordinary codestream never takes: it holds samples as 32-bit numbers up to twice. */
function memoryOf(bytes: number, { columns, rows, samples }: Omit<CodedFrame, 'precision'>): number {
  return 2 ** 25 + 4 * bytes + 16 * columns * rows * samples;
}
