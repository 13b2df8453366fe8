import { readFileSync } from 'node:fs';

/** What tells a process from a later one with the same pid. */
export interface ProcessIdentity {
  pid: number;
  /** Clock ticks from boot to its start. */
  startTicks: number;
  /** Of the boot that the ticks count from. */
  bootId: string;
}

/**
 * Reads the identity of a process.
 * @returns null where no such process runs; one that has ended and waits for its parent (a zombie) does not run
 */
export function identify(pid: number): ProcessIdentity | null {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return null;
  }
  const startTicks = parseStartTicks(stat);
  return startTicks === null ? null : { pid, startTicks, bootId: bootId() };
}

/**
 * Start time out of `/proc/PID/stat` (proc(5), field 22).
 * @returns null for a zombie or a dead process; one whose first thread alone has ended still runs, and holds its ports
 */
export function parseStartTicks(stat: string): number | null {
  // The program's name, field 2 in parentheses, may itself hold spaces and parentheses.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const state = fields[0];
  const ticks = Number(fields[22 - 3]);
  if (!Number.isSafeInteger(ticks))
    throw new Error(`expected field 22 to be a number in ${JSON.stringify(stat)}`);
  const threads = Number(fields[20 - 3]);
  return state === 'X' || (state === 'Z' && !(threads > 1)) ? null : ticks;
}

/** Whether the very process that was identified still runs. */
export function isRunning(identity: ProcessIdentity): boolean {
  const now = identify(identity.pid);
  return now !== null && now.startTicks === identity.startTicks && now.bootId === identity.bootId;
}

/**
 * Signals the process, if it is still the one that was identified.
 * @param group its whole process group, for one that leads a group
 */
export function signal(
  identity: ProcessIdentity,
  name: 'SIGTERM' | 'SIGKILL' | 'SIGHUP',
  group = false,
): void {
  if (!isRunning(identity)) return;
  try {
    process.kill(group ? -identity.pid : identity.pid, name);
  } catch (error) {
    // It ended between the look and the signal.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}
