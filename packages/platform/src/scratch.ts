import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** A process that was just killed may still write for a moment. */
const removal = { recursive: true, force: true, maxRetries: 5, retryDelay: 100 } as const;

/** Makes a service's own scratch directory, without what a former instance left in it when it was killed. */
export async function emptyScratch(directory: string): Promise<void> {
  await rm(directory, removal);
  await mkdir(directory, { recursive: true });
}

/** A new directory in `scratch`, never one that something abandoned of the same name, as a job of its key, still writes to. */
export async function scratchDirectory(scratch: string, name: string): Promise<string> {
  await mkdir(scratch, { recursive: true });
  return mkdtemp(join(scratch, `${name}-`));
}

/** Removes it with all that is in it. */
export async function removeDirectory(directory: string): Promise<void> {
  await rm(directory, removal);
}
