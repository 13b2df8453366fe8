import { randomUUID } from 'node:crypto';
import { createS3Store, type S3Config, StoreError } from '@ddad/storage';
import { waitUntil } from './wait-until.ts';

const limitMs = 30_000;

/**
 * Waits until something can be put into a store and read again, and leaves nothing there: SeaweedFS answers, also that it is
 * ready, seconds before its volume server has told its master of any place. An empty object needs no place, and shows nothing.
 */
export async function awaitFirstWrite(config: S3Config): Promise<void> {
  const store = createS3Store({ ...config, retries: 0 });
  const key = `probes/${randomUUID()}`;
  let last: unknown;
  const put = async () => {
    try {
      await store.put(key, key);
      return (await store.get(key)).toString() === key;
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      last = error;
      return false;
    }
  };
  if (!(await waitUntil(put, limitMs))) {
    throw new Error(`nothing could be put into the store and read again for ${limitMs / 1000} s`, {
      cause: last,
    });
  }
  await store.remove([key]);
}
