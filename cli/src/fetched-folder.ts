import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Fault } from '@ddad/contract';
import type { ObjectStore } from '@ddad/storage';
import pLimit from 'p-limit';
import { badInput } from './failure.ts';

/** Fetched at a time: small files, whose time is that of the way there and back. */
const atOnce = 16;

/** A place in the store, `s3://bucket/prefix`; null for a path on this machine. */
export function storePlace(directory: string): { bucket: string; prefix: string } | null {
  if (!directory.startsWith('s3://')) return null;
  const match = /^s3:\/\/([^/]+)(?:\/(.*?))?\/*$/.exec(directory);
  if (match === null) {
    const message = `expected s3://bucket/prefix, got "${directory}"`;
    throw badInput('nothing was added', [{ path: 'DIRECTORY', message }]);
  }
  const prefix = match[2] ?? '';
  return { bucket: match[1]!, prefix: prefix === '' ? '' : `${prefix}/` };
}

/**
 * Fetches all objects below a prefix into a directory, uses that, and removes it.
 * @param store of the prefix's bucket
 * @throws CommandFailure where there is nothing, or an object's name would lead out of the directory
 */
export async function withFetchedFolder<T>(
  { store, prefix }: { store: ObjectStore; prefix: string },
  use: (directory: string) => Promise<T>,
): Promise<T> {
  // An object that ends with a slash stands for a directory.
  const keys = (await store.list(prefix)).map(({ key }) => key).filter((key) => !key.endsWith('/'));
  const faults: Fault[] = keys
    .map((key) => key.slice(prefix.length))
    .filter((path) => path.split('/').some((part) => ['', '.', '..'].includes(part)) || path.includes('\0'))
    .map((path) => ({ path, message: 'expected a name that is a path below a directory' }));
  if (keys.length === 0) faults.push({ path: 'DIRECTORY', message: 'expected objects there, found none' });
  if (faults.length > 0) throw badInput('nothing was added', faults);
  const directory = await mkdtemp(join(tmpdir(), 'ddad-fetched-'));
  const limit = pLimit(atOnce);
  try {
    await limit.map(keys, async (key) => {
      const path = join(directory, key.slice(prefix.length));
      await mkdir(dirname(path), { recursive: true });
      await store.getToFile(key, path);
    });
    return await use(directory);
  } finally {
    // After a failure nothing further is fetched.
    limit.clearQueue();
    await rm(directory, { recursive: true, force: true });
  }
}
