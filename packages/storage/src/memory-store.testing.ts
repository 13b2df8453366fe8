import { readFile, writeFile } from 'node:fs/promises';
import { streamDigest } from './file-digest.ts';
import { ObjectNotFound, type ObjectStore } from './object-store.ts';

/** An object store in memory, for tests of what stands above it; S3 itself is tested in @ddad/storage. */
export function memoryStore(): ObjectStore {
  const objects = new Map<string, Buffer>();
  // Nothing ages in it.
  const epoch = new Date(0);
  const get = (key: string): Buffer => {
    const data = objects.get(key);
    if (data === undefined) throw new ObjectNotFound(key);
    return data;
  };
  return {
    get: async (key) => get(key),
    digest: (key) => streamDigest([get(key)] as never),
    getToFile: async (key, path) => writeFile(path, get(key)),
    put: async (key, data) => void objects.set(key, Buffer.from(data)),
    putFile: async (key, path) => void objects.set(key, await readFile(path)),
    async putIfAbsent(key, data) {
      if (objects.has(key)) return false;
      objects.set(key, Buffer.from(data));
      return true;
    },
    exists: async (key) => objects.has(key),
    list: async (prefix) =>
      [...objects]
        .filter(([key]) => key.startsWith(prefix))
        .map(([key, data]) => ({ key, size: data.length, modified: epoch }))
        .sort((a, b) => (a.key < b.key ? -1 : 1)),
    now: async () => epoch,
    remove: async (keys) => {
      for (const key of keys) objects.delete(key);
    },
  };
}
