import { readFileSync } from 'node:fs';

/** How many processes the kernel has killed for want of memory, and among which ones. */
export interface MemoryKills {
  /** `cgroup`: of this process's own container or service; `machine`: of all. */
  of: 'cgroup' | 'machine';
  count: number;
}

/** @returns null where there is no such file, or it may not be read */
export type ReadText = (path: string) => string | null;

/**
 * The kernel's count, to be compared before and after something died.
 * @returns null where it does not tell
 */
export function memoryKills(read: ReadText = readOrNull): MemoryKills | null {
  for (const path of countersOfCgroup(read('/proc/self/cgroup') ?? '')) {
    const count = countIn(read(path));
    if (count !== null) return { of: 'cgroup', count };
  }
  const count = countIn(read('/proc/vmstat'));
  return count === null ? null : { of: 'machine', count };
}

/** Files that count for a process: its group's, or the root of what it sees, which in a container is its group. */
function countersOfCgroup(membership: string): string[] {
  const files: string[] = [];
  for (const line of membership.split('\n')) {
    const [, controllers, path = '/'] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    if (controllers === '') {
      files.push(`/sys/fs/cgroup${path}/memory.events`, '/sys/fs/cgroup/memory.events');
    } else if (controllers?.split(',').includes('memory')) {
      files.push(
        `/sys/fs/cgroup/memory${path}/memory.oom_control`,
        '/sys/fs/cgroup/memory/memory.oom_control',
      );
    }
  }
  return files;
}

function countIn(text: string | null): number | null {
  const [, count] = /^oom_kill (\d+)$/m.exec(text ?? '') ?? [];
  return count === undefined ? null : Number(count);
}

function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
