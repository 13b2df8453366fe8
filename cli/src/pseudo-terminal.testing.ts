import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Terminal } from '@xterm/headless';

/** A program in a pseudo-terminal, and what an emulated terminal shows of it. */
export interface TerminalProgram {
  /** The visible rows, without spaces at their ends. */
  rows(): string[];
  /** All rows, those that were scrolled away first, without empty ones at the end. */
  everything(): string[];
  /** Everything written, control sequences included. */
  written(): string;
  /** Resizes program and terminal. */
  resize(columns: number, rows: number): void;
  /** @returns the exit code, once the program has ended */
  ended: Promise<number>;
  close(): void;
}

/** Starts a TypeScript file with Node in a pseudo-terminal, which Python of the tests provides. */
export function startInTerminal(
  file: string,
  args: string[],
  { columns, rows, env = {} }: { columns: number; rows: number; env?: Record<string, string> },
): TerminalProgram {
  const python = process.env.DDAD_TEST_PYTHON;
  if (python === undefined) throw new Error('expected DDAD_TEST_PYTHON, which "make test" sets');
  const helper = fileURLToPath(new URL('./pseudo-terminal.testing.py', import.meta.url));
  const child = spawn(python, [helper, String(columns), String(rows), process.execPath, file, ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { PATH: process.env.PATH ?? '', TERM: 'xterm-256color', ...env },
  });
  const terminal = new Terminal({ cols: columns, rows, allowProposedApi: true });
  let written = '';
  child.stdout.on('data', (data: Buffer) => {
    written += data.toString();
    terminal.write(data);
  });
  const row = (at: number) => terminal.buffer.active.getLine(at)?.translateToString(true) ?? '';
  return {
    rows: () => Array.from({ length: terminal.rows }, (_, i) => row(terminal.buffer.active.baseY + i)),
    everything() {
      const lines = Array.from({ length: terminal.buffer.active.length }, (_, i) => row(i));
      while (lines.at(-1) === '') lines.pop();
      return lines;
    },
    written: () => written,
    resize(toColumns, toRows) {
      terminal.resize(toColumns, toRows);
      child.stdin.write(`${toColumns} ${toRows}\n`);
    },
    ended: once(child, 'close').then(([code]) => Number(code)),
    close() {
      child.kill('SIGKILL');
      terminal.dispose();
    },
  };
}
