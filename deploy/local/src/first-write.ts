import { randomUUID } from 'node:crypto';
import { createS3Store, readsWhatItWrote, type S3Config, StoreError } from '@ddad/storage';
import { waitUntil } from './wait-until.ts';

const limitMs = 30_000;

/**
 * Waits until something can be put into a store and read again, and leaves nothing there (see
 * `readsWhatItWrote`).
 */
export async function awaitFirstWrite(config: S3Config): Promise<void> {
  const store = createS3Store({ ...config, retries: 0 });
  const key = `probes/${randomUUID()}`;
  let last: unknown;
  const look = async () => {
    try {
      return await readsWhatItWrote(store, key);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      last = error;
      return false;
    }
  };
  if (!(await waitUntil(look, limitMs))) {
    throw new Error(`nothing could be put into the store and read again for ${limitMs / 1000} s`, {
      cause: last,
    });
  }
}
