import { type FileHandle, open } from 'node:fs/promises';
import type { NamedTensor } from './codec.ts';
import {
  headerLength,
  lengthBytes,
  MalformedSafetensors,
  parseHeader,
  rowsOf,
  type TensorPlace,
} from './layout.ts';

/** One system call reads no more than 2 GiB. */
const largestRead = 2 ** 30;

/** An open safetensors file whose tensors are read in pieces, whatever their size. */
export class TensorFile {
  readonly metadata: Readonly<Record<string, string>>;
  /** Shapes by name, in the order of the data. */
  readonly shapes: ReadonlyMap<string, readonly number[]>;
  readonly #file: FileHandle;
  readonly #places: ReadonlyMap<string, TensorPlace>;

  /** `openSafetensors` makes them. */
  constructor(
    file: FileHandle,
    places: ReadonlyMap<string, TensorPlace>,
    metadata: Readonly<Record<string, string>>,
  ) {
    this.#file = file;
    this.#places = places;
    this.metadata = metadata;
    this.shapes = new Map(Array.from(places, ([name, { shape }]) => [name, shape]));
  }

  /**
   * Rows of a tensor, those along its first dimension; a scalar is one row.
   * @param firstRow from 0
   * @param rows how many; all that follow unless given
   * @returns [rows, ...the other dimensions], row-major
   * @throws RangeError on a tensor or rows that the file does not have, MalformedSafetensors where the file was cut meanwhile
   */
  async read(name: string, firstRow = 0, rows?: number): Promise<Float32Array> {
    const { begin, shape } = this.#place(name);
    const { rows: all, values } = rowsOf(shape);
    const count = rows ?? all - firstRow;
    const whole = Number.isInteger(firstRow) && Number.isInteger(count);
    if (!whole || firstRow < 0 || count < 0 || firstRow + count > all) {
      throw new RangeError(
        `safetensors: ${name}: expected rows within 0 to ${all}, got ${count} rows from ${firstRow}`,
      );
    }
    const data = new Float32Array(count * values);
    await this.#fill(data, begin + firstRow * values * Float32Array.BYTES_PER_ELEMENT, name);
    return data;
  }

  /**
   * All values of a tensor in order, in pieces of at most `most` values that need not end with a row. A piece is valid until
   * the next one is asked for.
   */
  async *pieces(name: string, most: number): AsyncGenerator<Float32Array> {
    const { begin, bytes } = this.#place(name);
    const count = bytes / Float32Array.BYTES_PER_ELEMENT;
    const buffer = new Float32Array(Math.min(most, count));
    for (let at = 0; at < count; at += buffer.length) {
      const piece = buffer.subarray(0, count - at);
      await this.#fill(piece, begin + at * Float32Array.BYTES_PER_ELEMENT, name);
      yield piece;
    }
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  #place(name: string): TensorPlace {
    const place = this.#places.get(name);
    if (place !== undefined) return place;
    throw new RangeError(
      `safetensors: expected a tensor of ${[...this.#places.keys()].join(', ')}, got ${name}`,
    );
  }

  async #fill(data: Float32Array, position: number, name: string): Promise<void> {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    for (let done = 0; done < bytes.length; ) {
      const length = Math.min(bytes.length - done, largestRead);
      const { bytesRead } = await this.#file.read(bytes, done, length, position + done);
      if (bytesRead === 0) {
        throw new MalformedSafetensors(
          `${name}: expected data up to ${position + bytes.length}, got the end of the file`,
        );
      }
      done += bytesRead;
    }
  }
}

/**
 * Opens a safetensors file of F32 tensors, of any size, and reads its header; nothing else is read before it is asked for.
 * Who opens it closes it.
 * @throws MalformedSafetensors as `decodeSafetensors` does; the system's error where there is no such file
 */
export async function openSafetensors(path: string): Promise<TensorFile> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const first = await readUpTo(file, 0, lengthBytes);
    const header = await readUpTo(file, lengthBytes, headerLength(first, size));
    const { places, metadata } = parseHeader(header, size);
    return new TensorFile(file, places, metadata);
  } catch (error) {
    await file.close();
    throw error;
  }
}

/**
 * Reads a safetensors file of F32 tensors into memory, one after another: whole files of 2 GiB and more cannot be read at once.
 * @throws as `openSafetensors` does
 */
export async function readSafetensors(
  path: string,
): Promise<{ tensors: Map<string, NamedTensor>; metadata: Record<string, string> }> {
  const file = await openSafetensors(path);
  try {
    const tensors = new Map<string, NamedTensor>();
    for (const [name, shape] of file.shapes)
      tensors.set(name, { shape: [...shape], data: await file.read(name) });
    return { tensors, metadata: { ...file.metadata } };
  } finally {
    await file.close();
  }
}

async function readUpTo(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await file.read(buffer, 0, length, position);
  return buffer.subarray(0, bytesRead);
}
