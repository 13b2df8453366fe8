/** A tensor of 32-bit floats, row-major. */
export interface NamedTensor {
  shape: number[];
  data: Float32Array;
}

const lengthBytes = 8;
/** As in the reference implementation: a longer header is taken for garbage. */
const maxHeaderBytes = 100_000_000;

/**
 * A safetensors file (little-endian F32): https://huggingface.co/docs/safetensors. Tensors and metadata are written in order
 * of their names, so that equal tensors give equal bytes.
 * @throws RangeError where shape and data do not fit together.
 */
export function encodeSafetensors(
  tensors: ReadonlyMap<string, NamedTensor>,
  metadata?: Readonly<Record<string, string>>,
): Buffer {
  const header: Record<string, unknown> = {};
  if (metadata !== undefined) header.__metadata__ = Object.fromEntries(Object.entries(metadata).sort(byName));
  const sorted = [...tensors].sort(byName);
  let offset = 0;
  for (const [name, { shape, data }] of sorted) {
    if (name === '__metadata__') throw new RangeError('safetensors: a tensor may not be called __metadata__');
    if (elements(shape) !== data.length) {
      throw new RangeError(
        `safetensors: ${name}: expected ${elements(shape)} values for shape [${shape.join(', ')}], got ${data.length}`,
      );
    }
    header[name] = { dtype: 'F32', shape, data_offsets: [offset, offset + data.byteLength] };
    offset += data.byteLength;
  }
  const json = Buffer.from(JSON.stringify(header));
  // Spaces up to a multiple of 8, so that readers can map the data in place.
  const headerBytes = Math.ceil(json.length / 8) * 8;
  const file = Buffer.alloc(lengthBytes + headerBytes + offset, ' ');
  file.writeBigUInt64LE(BigInt(headerBytes), 0);
  json.copy(file, lengthBytes);
  let at = lengthBytes + headerBytes;
  for (const [, { data }] of sorted) {
    Buffer.from(data.buffer, data.byteOffset, data.byteLength).copy(file, at);
    at += data.byteLength;
  }
  return file;
}

/**
 * Reads a safetensors file that holds F32 tensors only.
 * @throws MalformedSafetensors saying what was expected and what came.
 */
export function decodeSafetensors(file: Buffer): {
  tensors: Map<string, NamedTensor>;
  metadata: Record<string, string>;
} {
  if (file.length < lengthBytes) {
    throw new MalformedSafetensors(`expected at least ${lengthBytes} bytes, got ${file.length}`);
  }
  const headerBytes = file.readBigUInt64LE(0);
  if (headerBytes > maxHeaderBytes || headerBytes > file.length - lengthBytes) {
    throw new MalformedSafetensors(
      `header: expected at most ${Math.min(maxHeaderBytes, file.length - lengthBytes)} bytes, got a length of ${headerBytes}`,
    );
  }
  const begin = lengthBytes + Number(headerBytes);
  const header = parseHeader(file.subarray(lengthBytes, begin));
  const metadata = parseMetadata(header.__metadata__);
  const entries = Object.entries(header)
    .filter(([name]) => name !== '__metadata__')
    .map(([name, entry]) => ({ name, ...parseEntry(name, entry) }))
    .sort((a, b) => a.begin - b.begin || a.end - b.end);

  const tensors = new Map<string, NamedTensor>();
  let offset = 0;
  for (const entry of entries) {
    // Without holes and overlaps, as the reference demands: nothing may hide in a file, and no tensor alias another.
    if (entry.begin !== offset) {
      throw new MalformedSafetensors(
        `${entry.name}: expected data from offset ${offset}, got ${entry.begin}`,
      );
    }
    if (entry.end > file.length - begin) {
      throw new MalformedSafetensors(
        `${entry.name}: expected data within ${file.length - begin} bytes, got an end of ${entry.end}`,
      );
    }
    // Copied, since a view of 32-bit floats needs an aligned start.
    const bytes = new Uint8Array(file.subarray(begin + entry.begin, begin + entry.end));
    tensors.set(entry.name, { shape: entry.shape, data: new Float32Array(bytes.buffer) });
    offset = entry.end;
  }
  if (offset !== file.length - begin) {
    throw new MalformedSafetensors(`expected ${offset} bytes of data, got ${file.length - begin}`);
  }
  return { tensors, metadata };
}

/** A file that is no safetensors file, or holds other tensors than F32. */
export class MalformedSafetensors extends Error {
  override readonly name = 'MalformedSafetensors';

  constructor(message: string, cause?: unknown) {
    super(`safetensors: ${message}`, { cause });
  }
}

function parseHeader(bytes: Buffer): Record<string, unknown> {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new MalformedSafetensors('header: expected JSON in UTF-8, got something else', cause);
  }
  if (!isRecord(header)) {
    throw new MalformedSafetensors('header: expected a JSON object, got another value');
  }
  return header;
}

function parseMetadata(value: unknown): Record<string, string> {
  if (value === undefined) return {};
  if (!isRecord(value)) throw new MalformedSafetensors('__metadata__: expected an object');
  const metadata: Record<string, string> = {};
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== 'string') {
      throw new MalformedSafetensors(`__metadata__.${key}: expected a string, got ${typeof text}`);
    }
    metadata[key] = text;
  }
  return metadata;
}

function parseEntry(name: string, entry: unknown): { shape: number[]; begin: number; end: number } {
  if (!isRecord(entry)) throw new MalformedSafetensors(`${name}: expected an object`);
  const { dtype, shape, data_offsets: offsets } = entry;
  if (dtype !== 'F32') throw new MalformedSafetensors(`${name}: expected dtype F32, got ${String(dtype)}`);
  if (!isCounts(shape)) {
    throw new MalformedSafetensors(
      `${name}: expected a shape of whole numbers, got ${JSON.stringify(shape)}`,
    );
  }
  if (!isCounts(offsets) || offsets.length !== 2) {
    throw new MalformedSafetensors(
      `${name}: expected data_offsets [begin, end], got ${JSON.stringify(offsets)}`,
    );
  }
  const [begin, end] = offsets as [number, number];
  const expected = elements(shape) * Float32Array.BYTES_PER_ELEMENT;
  if (end - begin !== expected) {
    throw new MalformedSafetensors(
      `${name}: expected ${expected} bytes for shape [${shape.join(', ')}], got data_offsets [${begin}, ${end}]`,
    );
  }
  return { shape, begin, end };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0);
}

function elements(shape: readonly number[]): number {
  return shape.reduce((product, side) => product * side, 1);
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}
