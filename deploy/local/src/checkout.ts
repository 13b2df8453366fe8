import { existsSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';

/** Root of the checkout that this file lies in. */
export const checkout = resolve(import.meta.dirname, '../../..');

/** Where Node keeps compiled code: what starts a second time, as each job's process does, starts in half the processor time. */
export const compileCache = join(checkout, '.cache/compiled');

/**
 * Finds the binary of a server: the one that `make setup` put into the checkout, else one on PATH.
 * @param path value of PATH
 * @returns an absolute path
 */
export function findBinary(name: string, path: string | undefined): string {
  const found = binaryAt(name, path);
  if (found === null) {
    const setup = name === 'minio' ? 'STORE=minio make setup' : 'make setup';
    throw new Error(`expected the program ${name} in .tools/bin or on PATH, found none; run "${setup}"`);
  }
  return found;
}

/** Like `findBinary`; null where there is none. */
export function binaryAt(name: string, path: string | undefined): string | null {
  const folders = [join(checkout, '.tools/bin'), ...(path ?? '').split(delimiter).filter(Boolean)];
  return folders.map((folder) => resolve(folder, name)).find((candidate) => existsSync(candidate)) ?? null;
}
