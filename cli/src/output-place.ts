import { randomUUID } from 'node:crypto';
import { mkdir, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { CommandFailure, exitCodes } from './failure.ts';

/**
 * Makes a directory with those above it. Node's own way never comes to an end where a file system takes no directories, as /proc.
 * @param mode rights of those that are made; as the system has it unless given
 * @returns those that were made, each above the next
 * @throws the system's error
 */
export async function makeDirectory(path: string, mode?: number): Promise<string[]> {
  const missing: string[] = [];
  for (let at = resolve(path); ; at = dirname(at)) {
    const found = await stat(at).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
      return null;
    });
    if (found?.isDirectory() === true) break;
    if (found !== null)
      throw Object.assign(new Error(`ENOTDIR: not a directory, ${at}`), { code: 'ENOTDIR' });
    missing.push(at);
  }
  const made: string[] = [];
  for (const directory of missing.reverse()) {
    try {
      await mkdir(directory, mode === undefined ? {} : { mode });
      made.push(directory);
    } catch (error) {
      // Somebody else made it meanwhile.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
  return made;
}

/**
 * Takes directories away again that were made for nothing, as far as they are empty still.
 * @param made as `makeDirectory` gives them
 */
export async function removeMade(made: readonly string[]): Promise<void> {
  for (const directory of made.toReversed()) await rmdir(directory).catch(() => {});
}

/**
 * Tries whether a directory takes files, before hours of work whose results are to go there; makes it where it is missing.
 * @param option how it was named, for the message
 * @returns the directories that were made
 * @throws CommandFailure that says why it does not
 */
export async function tryDirectory(option: string, directory: string): Promise<string[]> {
  try {
    const made = await makeDirectory(directory);
    await tryWriting(directory);
    return made;
  } catch (error) {
    throw refusal(`${option} ${directory}: expected a directory that files can be written to`, error);
  }
}

/**
 * Tries whether a file can be written, or written over; makes the directories above it.
 * @param option how it was named, for the message
 * @throws CommandFailure that says why it cannot
 */
export async function tryFile(option: string, file: string): Promise<void> {
  try {
    await makeDirectory(dirname(file));
    const found = await stat(file).catch(() => null);
    if (found?.isDirectory() === true) throw new Error('a directory');
    await tryWriting(dirname(file));
  } catch (error) {
    throw refusal(`${option} ${file}: expected a file that can be written`, error);
  }
}

async function tryWriting(directory: string): Promise<void> {
  const probe = join(directory, `.ddad-probe-${randomUUID()}`);
  try {
    // A full disk takes files of no bytes.
    await writeFile(probe, Buffer.alloc(4096));
  } finally {
    await rm(probe, { force: true });
  }
}

function refusal(expected: string, error: unknown): CommandFailure {
  const got = error instanceof Error ? error.message : String(error);
  return new CommandFailure(`${expected}, got ${got}`, exitCodes.badInput, { cause: error });
}
