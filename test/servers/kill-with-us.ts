import { type ProcessIdentity, signal } from '@ddad/local-cluster';

const owned = new Set<() => readonly ProcessIdentity[]>();

/**
 * Has processes killed when this process ends without having stopped them: a test that fails half-way leaks nothing.
 * @param list what to kill, asked at the end
 * @returns takes it back
 */
export function killWithUs(list: () => readonly ProcessIdentity[]): () => void {
  if (owned.size === 0) {
    process.on('exit', killAll);
    process.on('SIGTERM', killAllAndExit);
  }
  owned.add(list);
  return () => {
    owned.delete(list);
    if (owned.size > 0) return;
    process.off('exit', killAll);
    process.off('SIGTERM', killAllAndExit);
  };
}

function killAll(): void {
  for (const list of owned) for (const identity of list()) signal(identity, 'SIGKILL', true);
}

function killAllAndExit(): void {
  process.exit(143);
}
