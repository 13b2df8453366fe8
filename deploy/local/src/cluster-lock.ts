import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { identify, isRunning, type ProcessIdentity } from './process-identity.ts';
import { waitUntil } from './wait-until.ts';

/**
 * Runs `work` while nobody else starts or stops processes of the cluster. The lock of a process that ended without
 * giving it back is taken over.
 * @throws where another process holds it for longer than `limitMs`
 */
export async function withClusterLock<T>(path: string, limitMs: number, work: () => Promise<T>): Promise<T> {
  const taken = await waitUntil(() => take(path), limitMs, 200);
  if (!taken) {
    throw new Error(
      `process ${holder(path)?.pid} still starts or stops this cluster after ${limitMs / 1000} s (${path})`,
    );
  }
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}

function take(path: string): boolean {
  const us = identify(process.pid);
  if (us === null) throw new Error('expected /proc to know this process');
  // Linked into place, so that the lock never exists without its holder in it.
  const fresh = `${path}.${process.pid}.new`;
  writeFileSync(fresh, JSON.stringify(us), { mode: 0o600 });
  try {
    linkSync(fresh, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(fresh, { force: true });
  }
  const other = holder(path);
  if (other !== null && !isRunning(other)) rmSync(path, { force: true });
  return false;
}

/** Null where the lock has just been given back. */
function holder(path: string): ProcessIdentity | null {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as ProcessIdentity;
  } catch {
    return null;
  }
}
