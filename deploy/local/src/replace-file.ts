import { renameSync, rmSync, writeFileSync } from 'node:fs';

/** Writes a file in one move, readable for its owner only: a reader sees the old content or the new, whole. */
export function replaceFile(path: string, content: string): void {
  const fresh = `${path}.${process.pid}.new`;
  try {
    // Removed first: the mode below counts only for a file that is new.
    rmSync(fresh, { force: true });
    writeFileSync(fresh, content, { mode: 0o600, flag: 'wx' });
    renameSync(fresh, path);
  } finally {
    rmSync(fresh, { force: true });
  }
}
