import { access, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { datasetKeys } from '@ddad/contract';
import type { ObjectStore } from '@ddad/storage';

/** Packed pixels on local disk, fetched once per digest and shared by all jobs of a service. */
export class DatasetCache {
  readonly #store: ObjectStore;
  readonly #directory: string;
  readonly #fetching = new Map<string, Promise<string>>();

  constructor(store: ObjectStore, directory: string) {
    this.#store = store;
    this.#directory = directory;
  }

  /** @returns the path of the dataset's pixels */
  pixels(digest: string): Promise<string> {
    const known = this.#fetching.get(digest);
    if (known !== undefined) return known;
    const fetching = this.#fetch(digest).catch((error: unknown) => {
      this.#fetching.delete(digest);
      throw error;
    });
    this.#fetching.set(digest, fetching);
    return fetching;
  }

  async #fetch(digest: string): Promise<string> {
    const path = join(this.#directory, `${digest}.u8`);
    const there = await access(path).then(
      () => true,
      () => false,
    );
    if (there) return path;
    await mkdir(this.#directory, { recursive: true });
    await this.#store.getToFile(datasetKeys.pixels(digest), path);
    return path;
  }
}
