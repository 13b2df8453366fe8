import { hostname } from 'node:os';

/** What is missing, by the system's code: of the machine that says so, whoever it talks to. */
const missing: Readonly<Record<string, string>> = {
  ENOSPC: 'no disk space is left',
  EDQUOT: 'the disk quota is used up',
  EROFS: 'a file system takes no writes',
  EIO: 'a disk gives errors',
  EFBIG: 'a file may not be that large',
  EMFILE: 'no file descriptors are left to this process',
  ENFILE: 'no file descriptors are left',
};

/** Calls for files alone, which fail for many reasons: rights, a directory that is none. */
const ofFiles: ReadonlySet<string> = new Set(['open', 'mkdir', 'rename', 'stat', 'unlink', 'copyfile']);

/** This machine lacks something, as room on its disk, while bytes went to or came from a store: the store is not to blame. */
export class LocalFault extends Error {
  override readonly name = 'LocalFault';
  /** The system's: ENOSPC, ... */
  readonly code: string;

  constructor(message: string, code: string, cause: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

/**
 * An error as the fault of this machine that it is.
 * @param doing what was tried: `get members/…`
 * @param path the file that bytes went to, or came from; absent where there was none
 * @returns null where this machine is not at fault
 */
export function localFault(error: unknown, doing: string, path?: string): LocalFault | null {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return null;
  const { code } = error;
  const ofFile = 'syscall' in error && typeof error.syscall === 'string' && ofFiles.has(error.syscall);
  if (missing[code] === undefined && !ofFile) return null;
  const here = `this machine, ${hostname()}`;
  const what = missing[code];
  const file = path === undefined ? '' : `, for ${path}`;
  const reason = what === undefined ? `${error.message}, on ${here}` : `${what} on ${here} (${code})${file}`;
  return new LocalFault(`could not ${doing}: ${reason}`, code, error);
}
