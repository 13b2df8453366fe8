import { randomUUID } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import type { NamedTensor } from './codec.ts';
import { encodeHeader, rowsOf, type TensorPlace } from './layout.ts';

/**
 * Writes a safetensors file in pieces: the rows of each tensor come in their order, those of several tensors in any order
 * between them. The file has the bytes that `encodeSafetensors` gives for the same tensors, and appears when it is whole.
 */
export class SafetensorsWriter {
  readonly #path: string;
  readonly #part: string;
  readonly #file: FileHandle;
  readonly #places: ReadonlyMap<string, TensorPlace>;
  /** Rows that were handed over, by tensor. */
  readonly #rows = new Map<string, number>();
  #open = true;

  private constructor(
    path: string,
    part: string,
    file: FileHandle,
    places: ReadonlyMap<string, TensorPlace>,
  ) {
    this.#path = path;
    this.#part = part;
    this.#file = file;
    this.#places = places;
  }

  /**
   * @param path of the file to be; until `close` it lies beside that
   * @param shapes by name
   */
  static async create(
    path: string,
    shapes: ReadonlyMap<string, readonly number[]>,
    metadata?: Readonly<Record<string, string>>,
  ): Promise<SafetensorsWriter> {
    const { header, places } = encodeHeader(shapes, metadata);
    const part = `${path}.${randomUUID()}.part`;
    const writer = new SafetensorsWriter(path, part, await open(part, 'wx'), places);
    try {
      await writer.#put(header, 0);
    } catch (error) {
      await writer.discard();
      throw error;
    }
    return writer;
  }

  /**
   * Writes the next rows of a tensor, those along its first dimension; a scalar is one row.
   * @param rows row-major, any number of whole rows; not to be changed before the promise has resolved
   * @throws RangeError on a tensor that was not announced, a part of a row, or more rows than were announced
   */
  async write(name: string, rows: Float32Array): Promise<void> {
    const place = this.#places.get(name);
    if (place === undefined) {
      throw new RangeError(
        `safetensors: expected a tensor of ${[...this.#places.keys()].join(', ')}, got ${name}`,
      );
    }
    const { rows: all, values } = rowsOf(place.shape);
    const done = this.#rows.get(name) ?? 0;
    const count = values === 0 ? 0 : rows.length / values;
    if (!Number.isInteger(count) || done + count > all || (values === 0 && rows.length > 0)) {
      throw new RangeError(
        `safetensors: ${name}: expected up to ${all - done} rows of ${values} values, got ${rows.length} values`,
      );
    }
    this.#rows.set(name, done + count);
    const bytes = new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength);
    await this.#put(bytes, place.begin + done * values * Float32Array.BYTES_PER_ELEMENT);
  }

  /**
   * Ends the file and gives it its name.
   * @throws RangeError where rows are missing; no file appears then
   */
  async close(): Promise<void> {
    const short = [...this.#places].flatMap(([name, { shape }]) => {
      const { rows: all, values } = rowsOf(shape);
      const done = this.#rows.get(name) ?? 0;
      return done === all || values === 0 ? [] : [`${name}: expected ${all} rows, got ${done}`];
    });
    if (short.length > 0) {
      await this.discard();
      throw new RangeError(`safetensors: ${short.join('; ')}`);
    }
    this.#open = false;
    await this.#file.close();
    await rename(this.#part, this.#path);
  }

  /** Gives the file up and removes what was written; does nothing after `close`. */
  async discard(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    await this.#file.close();
    await rm(this.#part, { force: true });
  }

  async #put(bytes: Uint8Array, position: number): Promise<void> {
    for (let done = 0; done < bytes.length; ) {
      const { bytesWritten } = await this.#file.write(bytes, done, bytes.length - done, position + done);
      done += bytesWritten;
    }
  }
}

/**
 * Writes tensors that are in memory without a copy of them: the bytes of `encodeSafetensors`. The file appears when it is whole.
 * @throws RangeError where shape and data do not fit together
 */
export async function writeSafetensors(
  path: string,
  tensors: ReadonlyMap<string, NamedTensor>,
  metadata?: Readonly<Record<string, string>>,
): Promise<void> {
  const shapes = new Map(Array.from(tensors, ([name, { shape }]) => [name, shape]));
  const writer = await SafetensorsWriter.create(path, shapes, metadata);
  try {
    for (const [name, { data }] of tensors) await writer.write(name, data);
    await writer.close();
  } finally {
    await writer.discard();
  }
}
