import { readdir, readFile } from 'node:fs/promises';
import type { HealthCheck } from './health-check.ts';

/** For connections to the store, to NATS and of callers, and files on their way. */
const always = 32;
/** For a job's process and its messages. */
const eachJob = 16;

export interface DescriptorCheckOptions {
  /** Jobs at a time. */
  slots: number;
  /** What /proc/self/limits says. */
  readLimits?: () => Promise<string>;
  /** How many file descriptors are open. */
  countOpen?: () => Promise<number>;
}

/** Whether a worker may open as many files as its jobs need. Where there is no /proc nothing is known, and nothing wrong. */
export function descriptorCheck({
  slots,
  readLimits = () => readFile('/proc/self/limits', 'utf8'),
  countOpen = async () => (await readdir('/proc/self/fd')).length,
}: DescriptorCheckOptions): HealthCheck {
  return {
    name: 'descriptors',
    async check() {
      try {
        // "Max open files            1024                 524288               files"; the first is in force.
        const limit = /^Max open files\s+(\d+)/m.exec(await readLimits())?.[1];
        // No number: unlimited.
        if (limit === undefined) return null;
        const free = Number(limit) - (await countOpen());
        const wanted = always + eachJob * slots;
        return free >= wanted
          ? null
          : `file descriptors: expected ${wanted} free, got ${free} of ${limit} (ulimit -n)`;
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code === 'ENOENT') return null;
        if (code === 'EMFILE') return 'file descriptors: none is free (ulimit -n)';
        throw error;
      }
    },
  };
}
