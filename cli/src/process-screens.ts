import { fstatSync } from 'node:fs';
import { exitCodes } from './failure.ts';
import { type MaybeTerminal, type Screens, screenOf } from './screen.ts';

/** Standard output takes no more: it ends a command, whose results have nowhere to go. */
export class OutputEnded extends Error {
  override readonly name = 'OutputEnded';
  readonly exitCode: number;

  /** @param code the system's */
  constructor(code: string) {
    super(`standard output takes no more: ${code === 'ENOSPC' ? 'no space is left' : code}`);
    // A reader that closes its end (`ddad runs | head -1`) has all that it wants.
    this.exitCode = readersGone.has(code) ? exitCodes.ok : exitCodes.failed;
  }
}

/** Nobody reads any more: a pipe's other end is closed, a terminal hung up. */
const readersGone: ReadonlySet<string> = new Set(['EPIPE', 'EIO', 'ERR_STREAM_DESTROYED']);

/** The outputs of a process, either of which may be full or closed. */
export interface ProcessScreens {
  screens: Screens;
  /** Resolves once what was written has been taken, or will not be. */
  flushed(): Promise<void>;
  /** What the process ends with whose command gave this code: results that got nowhere make a failure of a success. */
  exitCode(code: number): number;
}

export interface ProcessOutputs {
  stdout: MaybeTerminal;
  stderr: MaybeTerminal;
  environment: Readonly<Record<string, string | undefined>>;
  /** Both go to one place: whoever closed it sees no more of either. */
  onePlace?: () => boolean;
  /** Hears once that nobody reads either of them. */
  onUnread: () => void;
}

/**
 * Screens of a process' outputs. Writing to a standard output that takes no more throws; one for errors that does not is no
 * reason to end, and the exit code tells what it would have.
 */
export function processScreens(outputs: ProcessOutputs): ProcessScreens {
  const { stdout, stderr, environment, onePlace = inOnePlace, onUnread } = outputs;
  let ended: OutputEnded | null = null;
  let silenced = false;
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    ended ??= new OutputEnded(error.code ?? error.message);
  });
  stderr.on('error', (error: NodeJS.ErrnoException) => {
    const first = !silenced;
    silenced = true;
    if (!first || !readersGone.has(error.code ?? '') || !onePlace()) return;
    ended ??= new OutputEnded(error.code ?? error.message);
    onUnread();
  });
  const out = screenOf(stdout, environment);
  const err = screenOf(stderr, environment);
  const unlessEnded = (send: (text: string) => void) => (text: string) => {
    if (ended !== null) throw ended;
    send(text);
  };
  const unlessSilenced = (send: (text: string) => void) => (text: string) => {
    if (!silenced) send(text);
  };
  return {
    screens: {
      out: over(out, unlessEnded),
      err: over(err, unlessSilenced),
    },
    async flushed() {
      await Promise.all([stdout, stderr].map(taken));
    },
    exitCode(code) {
      if (ended === null) return code;
      // What a command was ended with for want of readers is no failure of its own.
      if (ended.exitCode === exitCodes.ok) return code === exitCodes.terminated ? exitCodes.ok : code;
      err.write(`error: ${ended.message}\n`);
      return code === exitCodes.ok ? ended.exitCode : code;
    },
  };
}

/** A screen with other ways to send; the rest, which may change at any time, is its own. */
function over(
  screen: Screens['out'],
  guard: (send: (text: string) => void) => (text: string) => void,
): Screens['out'] {
  return Object.create(screen, {
    write: { value: guard((text) => screen.write(text)) },
    draw: { value: guard((sequence) => screen.draw(sequence)) },
  }) as Screens['out'];
}

/** Waits until what was written has been taken; a stream that is broken has no more to take. */
function taken(stream: MaybeTerminal): Promise<void> {
  if (stream.destroyed || stream.errored !== null) return Promise.resolve();
  return new Promise((resolve) => {
    stream.once('error', () => resolve());
    if (stream.writableLength === 0) setImmediate(resolve);
    else stream.write('', () => resolve());
  });
}

function inOnePlace(): boolean {
  try {
    const [out, err] = [fstatSync(1), fstatSync(2)];
    return out.dev === err.dev && out.ino === err.ino;
  } catch {
    return false;
  }
}
