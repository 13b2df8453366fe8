/** Where a tensor's values lie in a file. */
export interface TensorPlace {
  readonly shape: readonly number[];
  /** Offset in the file, in bytes. */
  readonly begin: number;
  /** Length in bytes. */
  readonly bytes: number;
  /** Type of its values, as the format names it. */
  readonly dtype: string;
}

/** What the beginning of a file says. */
export interface Layout {
  /** By name, in the order of the data. */
  readonly places: ReadonlyMap<string, TensorPlace>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Bytes at the start of a file that tell the header's length. */
export const lengthBytes = 8;
/** Bytes a value of the types that our own files hold. */
const ownTypes: Readonly<Record<string, number>> = { F32: 4 };

/** As in the reference implementation: a longer header is taken for garbage. */
const maxHeaderBytes = 100_000_000;

/** A file that is no safetensors file, or holds other tensors than F32. */
export class MalformedSafetensors extends Error {
  override readonly name = 'MalformedSafetensors';

  constructor(message: string, cause?: unknown) {
    super(`safetensors: ${message}`, { cause });
  }
}

/**
 * The beginning of a file, up to its data. Tensors and metadata are ordered by name, so that equal tensors give equal bytes.
 * @throws RangeError on a tensor called `__metadata__`
 */
export function encodeHeader(
  shapes: Iterable<readonly [string, readonly number[]]>,
  metadata?: Readonly<Record<string, string>>,
): { header: Buffer; places: Map<string, TensorPlace> } {
  const entries: Record<string, unknown> = {};
  if (metadata !== undefined)
    entries.__metadata__ = Object.fromEntries(Object.entries(metadata).sort(byName));
  const places = new Map<string, TensorPlace>();
  let offset = 0;
  for (const [name, shape] of [...shapes].sort(byName)) {
    if (name === '__metadata__') throw new RangeError('safetensors: a tensor may not be called __metadata__');
    const bytes = elements(shape) * Float32Array.BYTES_PER_ELEMENT;
    entries[name] = { dtype: 'F32', shape, data_offsets: [offset, offset + bytes] };
    places.set(name, { shape, begin: offset, bytes, dtype: 'F32' });
    offset += bytes;
  }
  const json = Buffer.from(JSON.stringify(entries));
  // Spaces up to a multiple of 8, so that readers can map the data in place.
  const header = Buffer.alloc(lengthBytes + Math.ceil(json.length / 8) * 8, ' ');
  header.writeBigUInt64LE(BigInt(header.length - lengthBytes), 0);
  json.copy(header, lengthBytes);
  for (const [name, place] of places) places.set(name, { ...place, begin: header.length + place.begin });
  return { header, places };
}

/**
 * Length of the header's JSON, which begins after `lengthBytes`.
 * @param first the first `lengthBytes` of the file, or what there is of them
 * @param fileBytes length of the file
 */
export function headerLength(first: Buffer, fileBytes: number): number {
  if (first.length < lengthBytes) {
    throw new MalformedSafetensors(`expected at least ${lengthBytes} bytes, got ${first.length}`);
  }
  const length = first.readBigUInt64LE(0);
  const limit = Math.min(maxHeaderBytes, fileBytes - lengthBytes);
  if (length > limit) {
    throw new MalformedSafetensors(`header: expected at most ${limit} bytes, got a length of ${length}`);
  }
  return Number(length);
}

/**
 * Reads a header, strictly.
 * @param json the header without its length
 * @param fileBytes length of the whole file
 * @param types that tensors may have, with the bytes of a value
 * @throws MalformedSafetensors saying what was expected and what came
 */
export function parseHeader(json: Buffer, fileBytes: number, types = ownTypes): Layout {
  const header = parseObject(json);
  const metadata = parseMetadata(header.__metadata__);
  const data = lengthBytes + json.length;
  const dataBytes = fileBytes - data;
  const entries = Object.entries(header)
    .filter(([name]) => name !== '__metadata__')
    .map(([name, entry]) => ({ name, ...parseEntry(name, entry, types) }))
    .sort((a, b) => a.begin - b.begin || a.end - b.end);

  const places = new Map<string, TensorPlace>();
  let offset = 0;
  for (const { name, shape, dtype, begin, end } of entries) {
    // Without holes and overlaps, as the reference demands: nothing may hide in a file, and no tensor alias another.
    if (begin !== offset) {
      throw new MalformedSafetensors(`${name}: expected data from offset ${offset}, got ${begin}`);
    }
    if (end > dataBytes) {
      throw new MalformedSafetensors(
        `${name}: expected data within ${dataBytes} bytes, got an end of ${end}`,
      );
    }
    places.set(name, { shape, begin: data + begin, bytes: end - begin, dtype });
    offset = end;
  }
  if (offset !== dataBytes) {
    throw new MalformedSafetensors(`expected ${offset} bytes of data, got ${dataBytes}`);
  }
  return { places, metadata };
}

/** Number of values of a tensor. */
export function elements(shape: readonly number[]): number {
  return shape.reduce((product, side) => product * side, 1);
}

/** Rows of a tensor: its first dimension; a scalar is one row. */
export function rowsOf(shape: readonly number[]): { rows: number; values: number } {
  const [rows = 1, ...rest] = shape;
  return { rows, values: elements(rest) };
}

function parseObject(json: Buffer): Record<string, unknown> {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(json));
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

function parseEntry(
  name: string,
  entry: unknown,
  types: Readonly<Record<string, number>>,
): { shape: number[]; dtype: string; begin: number; end: number } {
  if (!isRecord(entry)) throw new MalformedSafetensors(`${name}: expected an object`);
  const { dtype, shape, data_offsets: offsets } = entry;
  const bytesOfValue = typeof dtype === 'string' && Object.hasOwn(types, dtype) ? types[dtype] : undefined;
  if (typeof dtype !== 'string' || bytesOfValue === undefined) {
    const known = Object.keys(types).join(', ');
    throw new MalformedSafetensors(`${name}: expected dtype ${known}, got ${String(dtype)}`);
  }
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
  const expected = elements(shape) * bytesOfValue;
  if (end - begin !== expected) {
    throw new MalformedSafetensors(
      `${name}: expected ${expected} bytes for shape [${shape.join(', ')}], got data_offsets [${begin}, ${end}]`,
    );
  }
  return { shape, dtype, begin, end };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0);
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}
