import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type DatasetIndex, datasetKeys } from '@ddad/contract';
import { packedFileDigest } from '@ddad/dataset/digest';
import { readDatasetIndex } from './datasets.ts';
import { fileDigest } from './file-digest.ts';
import type { ObjectStore } from './object-store.ts';

/** A job reads its dataset once, in its first minute: what nobody asked for in a day, nobody reads. */
const keptMs = 24 * 60 * 60 * 1000;

/**
 * Packed pixels on local disk, fetched once per digest and shared by all jobs, and all services that use the same
 * directory. What is handed out held the digest's bytes when this process first met it, and has kept its length since.
 */
export class DatasetCache {
  readonly #store: ObjectStore;
  readonly #directory: string;
  /** Length in bytes of each file that was verified, by digest. */
  readonly #verified = new Map<string, Promise<number>>();

  constructor(store: ObjectStore, directory: string) {
    this.#store = store;
    this.#directory = directory;
  }

  /**
   * @param index the dataset's, where the caller has it: else it is read from the store when the pixels are verified
   * @returns the path of the dataset's pixels
   * @throws Error where the store holds other bytes under this digest, or the dataset is packed in colours
   */
  async pixels(digest: string, index?: DatasetIndex): Promise<string> {
    const path = join(this.#directory, `${digest}.u8`);
    const known = this.#verified.get(digest);
    if (known === undefined || !(await hasLength(path, known))) {
      // Of several that find it missing at once, the first provides it for all.
      if (this.#verified.get(digest) === known) {
        const providing = this.#provide(digest, path, index);
        this.#verified.set(digest, providing);
        // Failures are not remembered: a stranger's digests would else pile up.
        providing.catch(() => {
          if (this.#verified.get(digest) === providing) this.#verified.delete(digest);
        });
      }
      await this.#verified.get(digest);
    }
    const now = new Date();
    await utimes(path, now, now);
    return path;
  }

  /**
   * The dataset's index: fetched anew for everybody who asks, as it is small beside the pixels.
   * @returns its path
   * @throws Error where the store holds no index under this digest
   */
  async index(digest: string): Promise<string> {
    const index = await readDatasetIndex(this.#store, digest);
    await mkdir(this.#directory, { recursive: true });
    const path = join(this.#directory, `${digest}.json`);
    const part = `${path}.${randomUUID()}`;
    try {
      await writeFile(part, JSON.stringify(index));
      await rename(part, path);
    } finally {
      await rm(part, { force: true });
    }
    return path;
  }

  /**
   * The masks of a dataset's test images.
   * @returns their path; null where the dataset has none
   * @throws Error where the store holds other bytes than the index says
   */
  async masks(digest: string): Promise<string | null> {
    const { masks } = await readDatasetIndex(this.#store, digest);
    if (masks === undefined) return null;
    await mkdir(this.#directory, { recursive: true });
    const path = join(this.#directory, `${digest}.masks`);
    const holds = async (file: string) => (await fileDigest(file)).sha256 === masks.digest;
    if ((await lengthOf(path)) === null || !(await holds(path))) {
      const fetched = `${path}.${randomUUID()}`;
      try {
        await this.#store.getToFile(datasetKeys.masks(digest), fetched);
        if (!(await holds(fetched)))
          throw new Error(
            `dataset ${digest}: expected masks of digest ${masks.digest} in the store, got others`,
          );
        await rename(fetched, path);
      } finally {
        await rm(fetched, { force: true });
      }
    }
    const now = new Date();
    await utimes(path, now, now);
    return path;
  }

  async #provide(digest: string, path: string, known: DatasetIndex | undefined): Promise<number> {
    await mkdir(this.#directory, { recursive: true });
    await this.#removeOld();
    const index = known ?? (await readDatasetIndex(this.#store, digest));
    // All kinds of jobs take one byte a pixel; of three, every image would be a part of another one.
    if (index.channels !== undefined) {
      throw new Error(`dataset ${digest}: expected a grey packing, got one of ${index.channels} channels`);
    }
    const holds = async (file: string) => (await packedFileDigest(index, file)) === digest;
    if ((await lengthOf(path)) === null || !(await holds(path))) {
      const fetched = `${path}.${randomUUID()}`;
      try {
        await this.#store.getToFile(datasetKeys.pixels(digest), fetched);
        if (!(await holds(fetched))) {
          throw new Error(`dataset ${digest}: expected pixels of this digest in the store, got others`);
        }
        await rename(fetched, path);
      } finally {
        await rm(fetched, { force: true });
      }
    }
    return (await stat(path)).size;
  }

  async #removeOld(): Promise<void> {
    for (const name of await readdir(this.#directory)) {
      const path = join(this.#directory, name);
      const touched = await stat(path).catch(() => null);
      if (touched !== null && Date.now() - touched.mtimeMs > keptMs) await rm(path, { force: true });
    }
  }
}

/** @returns null where there is no such file */
async function lengthOf(path: string): Promise<number | null> {
  return stat(path).then(
    ({ size }) => size,
    () => null,
  );
}

async function hasLength(path: string, known: Promise<number>): Promise<boolean> {
  const expected = await known.catch(() => null);
  return expected !== null && (await lengthOf(path)) === expected;
}
