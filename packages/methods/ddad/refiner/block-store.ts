import { closeSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

export interface BlockStoreOptions {
  /** Values of a block. */
  blockLength: number;
  /** Scratch directory, for blocks that memory has no room for. */
  directory: string;
  /** Bytes of blocks in memory, at most. */
  mostBytes: number;
}

/**
 * Blocks of 32-bit floats that are made once and read often, by number: in memory as far as there is room, the others in a
 * file. None is made twice: whoever reads in shuffled order would find little of what a cache that forgets still has.
 */
export class BlockStore {
  readonly #options: BlockStoreOptions;
  readonly #inMemory = new Map<number, Float32Array>();
  readonly #inFile = new Set<number>();
  #file: number | null = null;

  constructor(options: BlockStoreOptions) {
    this.#options = options;
  }

  /** Bytes of blocks in memory. */
  get heldBytes(): number {
    return this.#inMemory.size * this.#blockBytes;
  }

  /**
   * Reads `target.length` values of a block, from place `from` on.
   * @param make gives the whole block; called for the first read of a block only
   */
  read(number: number, from: number, target: Float32Array, make: () => Float32Array): void {
    const { blockLength, mostBytes } = this.#options;
    let block = this.#inMemory.get(number);
    if (block === undefined && !this.#inFile.has(number)) {
      block = make();
      if (block.length !== blockLength)
        throw new RangeError(`block ${number}: expected ${blockLength} values, got ${block.length}`);
      if (this.heldBytes + this.#blockBytes <= mostBytes) this.#inMemory.set(number, block);
      else this.#write(number, block);
    }
    if (block === undefined) this.#readFile(number, from, target);
    else target.set(block.subarray(from, from + target.length));
  }

  dispose(): void {
    this.#inMemory.clear();
    this.#inFile.clear();
    if (this.#file === null) return;
    closeSync(this.#file);
    rmSync(this.#path, { force: true });
    this.#file = null;
  }

  get #blockBytes(): number {
    return this.#options.blockLength * Float32Array.BYTES_PER_ELEMENT;
  }

  get #path(): string {
    return join(this.#options.directory, 'blocks.f32');
  }

  #write(number: number, block: Float32Array): void {
    this.#file ??= openSync(this.#path, 'w+');
    const bytes = new Uint8Array(block.buffer, block.byteOffset, block.byteLength);
    for (let done = 0; done < bytes.length; )
      done += writeSync(this.#file, bytes, done, bytes.length - done, number * this.#blockBytes + done);
    this.#inFile.add(number);
  }

  #readFile(number: number, from: number, target: Float32Array): void {
    const bytes = new Uint8Array(target.buffer, target.byteOffset, target.byteLength);
    const at = number * this.#blockBytes + from * Float32Array.BYTES_PER_ELEMENT;
    const count = this.#file === null ? 0 : readSync(this.#file, bytes, 0, bytes.length, at);
    if (count !== bytes.length)
      throw new Error(`${this.#path}: expected ${bytes.length} bytes at ${at}, got ${count}`);
  }
}
