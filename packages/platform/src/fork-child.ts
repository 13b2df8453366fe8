import { type ChildProcess, fork } from 'node:child_process';

/** How a child process ended. */
export interface ChildExit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** A child process with messages both ways. Its owner waits for `exited` or calls `kill`. */
export interface Child<ToChild, FromChild> {
  readonly pid: number;
  send(message: ToChild): void;
  onMessage(listener: (message: FromChild) => void): void;
  /** Resolves once it is gone and all it said has been heard. */
  readonly exited: Promise<ChildExit>;
  /** The last lines that the child wrote to its standard error, for error messages. */
  errorTail(): string;
  /** Ends it with SIGKILL; resolves once it is gone. */
  kill(): Promise<void>;
}

const keptErrorBytes = 4000;

/** How long a gone process's pipes may stay open: a process that it started itself may have inherited them. */
const drainMs = 2000;

/**
 * Starts `entry` (a TypeScript or JavaScript file) as a process of its own.
 * @param environment added to the little that a process needs to start; credentials are not passed on
 */
export function forkChild<ToChild, FromChild>(
  entry: URL,
  environment: Record<string, string>,
): Child<ToChild, FromChild> {
  const inherited: Record<string, string> = {};
  for (const name of [
    'PATH',
    'HOME',
    'TMPDIR',
    'LD_LIBRARY_PATH',
    'NODE_COMPILE_CACHE',
    'CUDA_VISIBLE_DEVICES',
    'NVIDIA_VISIBLE_DEVICES',
  ]) {
    const value = process.env[name];
    if (value !== undefined) inherited[name] = value;
  }
  const child: ChildProcess = fork(entry, [], {
    env: { ...inherited, ...environment },
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    execArgv: [],
  });
  let tail = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    tail = (tail + text).slice(-keptErrorBytes);
  });
  const exited = new Promise<ChildExit>((resolve) => {
    // `exit` may come before the last messages have been read; `close` comes after them.
    child.once('close', (code, signal) => resolve({ code, signal }));
    child.once('exit', (code, signal) => {
      setTimeout(() => resolve({ code, signal }), drainMs).unref();
    });
    // Emitted instead of `exit` where the process could not be started.
    child.once('error', (error) => {
      if (child.pid !== undefined) return;
      tail += error.message;
      resolve({ code: null, signal: null });
    });
  });
  return {
    pid: child.pid ?? -1,
    send(message) {
      // A child that is just gone reports itself by `exited`; an error here would only say so twice.
      if (child.connected) child.send(message as object, () => {});
    },
    onMessage(listener) {
      child.on('message', (message) => listener(message as FromChild));
    },
    exited,
    errorTail: () => tail.trim(),
    async kill() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
      await exited;
    },
  };
}
