import type { ObjectStore } from './object-store.ts';

/**
 * Puts something into a store, reads it again, and removes it where that went well: SeaweedFS answers, also that it is ready,
 * seconds before its volume server has told its master of any place. An empty object needs no place, and shows nothing.
 * @param key of an object that nobody else knows; the same one when it is tried again
 * @throws StoreError where the store refuses
 */
export async function readsWhatItWrote(
  store: Pick<ObjectStore, 'put' | 'get' | 'remove'>,
  key: string,
): Promise<boolean> {
  await store.put(key, key);
  if ((await store.get(key)).toString() !== key) return false;
  await store.remove([key]);
  return true;
}
