import { readFileSync } from 'node:fs';

/** Whether a process has ended; one that nobody has waited for yet (a zombie) counts as gone. */
export function isGone(pid: number | undefined): boolean {
  if (pid === undefined) throw new Error('expected a process id, got none');
  try {
    // The state follows the name, which is in parentheses and may hold anything.
    return /\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return true;
  }
}

/** Sends a signal to a process, if it is still there. */
export function kill(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined || isGone(pid)) return;
  process.kill(pid, signal);
}
