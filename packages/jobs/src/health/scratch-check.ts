import { randomUUID } from 'node:crypto';
import { rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { HealthCheck } from './health-check.ts';

const mebibyte = 1024 ** 2;

/** Room without which nothing can be made, in bytes. */
const leastBytes = 64 * mebibyte;

export interface ScratchCheckOptions {
  directory: string;
  /** Bytes of the largest checkpoint that its jobs have written; 0 before the first. */
  largestCheckpoint: () => number;
  /** Free bytes of the file system that a directory is on. */
  freeBytes?: (directory: string) => Promise<number>;
}

/** Whether a worker's scratch directory can be written, and has room for a checkpoint beside the one that is on its way. */
export function scratchCheck({
  directory,
  largestCheckpoint,
  freeBytes = freeOf,
}: ScratchCheckOptions): HealthCheck {
  return {
    name: 'scratch',
    async check() {
      const wanted = Math.max(leastBytes, 2 * largestCheckpoint());
      const free = await freeBytes(directory);
      if (free < wanted) {
        return `scratch ${directory}: expected ${inMebibytes(wanted)} free, for checkpoints, got ${inMebibytes(free)}`;
      }
      // Of a quota, or of a disk that went read-only, the free space says nothing.
      const probe = join(directory, `.probe-${randomUUID()}`);
      try {
        await writeFile(probe, Buffer.alloc(4096));
      } catch (error) {
        // That is for the check of descriptors to say.
        if ((error as NodeJS.ErrnoException).code === 'EMFILE') return null;
        return `scratch ${directory} cannot be written: ${error instanceof Error ? error.message : error}`;
      } finally {
        await rm(probe, { force: true });
      }
      return null;
    },
  };
}

async function freeOf(directory: string): Promise<number> {
  const { bavail, bsize } = await statfs(directory);
  return bavail * bsize;
}

function inMebibytes(bytes: number): string {
  return `${(bytes / mebibyte).toFixed(bytes < 10 * mebibyte ? 1 : 0)} MiB`;
}
