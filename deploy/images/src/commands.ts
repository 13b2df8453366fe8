import { execFileSync } from 'node:child_process';

const limitMs = 1_200_000;

export interface CommandOptions {
  cwd?: string;
  /** Beside our own. */
  env?: Record<string, string>;
  /** Written to its standard input. */
  input?: Buffer;
}

/**
 * Runs a program to its end; what it prints is shown where it fails only.
 * @returns its standard output
 * @throws Error with the end of what it printed
 */
export function run(command: string, args: readonly string[], options: CommandOptions = {}): Buffer {
  try {
    return execFileSync(command, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      input: options.input,
      stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      maxBuffer: 1 << 30,
      timeout: limitMs,
    });
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: Buffer; stderr?: Buffer };
    const said = `${stdout ?? ''}${stderr ?? ''}`.trimEnd().split('\n').slice(-40).join('\n');
    throw new Error(`${command} ${args.slice(0, 4).join(' ')} failed:\n${said}`, { cause: error });
  }
}

/** Whether a program is there and ends well. */
export function works(command: string, args: readonly string[]): boolean {
  try {
    execFileSync(command, args, { stdio: 'ignore', timeout: 20_000 });
    return true;
  } catch {
    return false;
  }
}
