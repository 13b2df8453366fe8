import { randomUUID } from 'node:crypto';
import { createS3Store, type S3Config, StoreError } from '@ddad/storage';
import { waitUntil } from './wait-until.ts';

const limitMs = 30_000;

/**
 * Waits until something can be put into a store, and leaves nothing there: SeaweedFS answers, also that it is ready, seconds
 * before its volume server has told its master of any place.
 */
export async function awaitFirstWrite(config: S3Config): Promise<void> {
  const store = createS3Store({ ...config, retries: 0 });
  const key = `probes/${randomUUID()}`;
  let last: unknown;
  const put = async () => {
    try {
      await store.put(key, '');
      return true;
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      last = error;
      return false;
    }
  };
  if (!(await waitUntil(put, limitMs))) {
    throw new Error(`nothing could be put into the store for ${limitMs / 1000} s`, { cause: last });
  }
  await store.remove([key]);
}
