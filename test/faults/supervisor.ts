import { readdirSync, readFileSync } from 'node:fs';
import {
  awaitReady,
  isRunning,
  type ProcessIdentity,
  type ProgramSpec,
  type RecordedProcess,
  startProcess,
  stopProcesses,
} from '@ddad/local-cluster';
import { killWithUs } from '../servers/kill-with-us.ts';

interface Supervised {
  program: ProgramSpec;
  running: RecordedProcess;
  /** When it was seen to be gone. */
  goneAt: number | null;
  /** Not started again before. */
  notBefore: number;
  restarts: number;
}

const lookMs = 100;
/** As Kubernetes, which starts a container anew at once the first time. */
const restartMs = 300;

/** Keeps programs running on their addresses, as Kubernetes does: what ends is started again. */
export class Supervisor {
  readonly #all = new Map<string, Supervised>();
  /** Of every program that it ever started: each leads a session of its own, which its children stay in. */
  readonly #sessions = new Set<number>();
  readonly #timer: NodeJS.Timeout;
  readonly #release: () => void;
  readonly #onRestart: (name: string) => void;
  #starting: Promise<void> = Promise.resolve();

  constructor(onRestart: (name: string) => void) {
    this.#onRestart = onRestart;
    this.#release = killWithUs(() => [...this.#all.values()].map(({ running }) => running));
    this.#timer = setInterval(() => {
      this.#starting = this.#starting.then(() => this.#look());
    }, lookMs);
  }

  /** Takes charge of a program that runs. */
  adopt(program: ProgramSpec, running: RecordedProcess): void {
    this.#sessions.add(running.pid);
    this.#all.set(program.name, { program, running, goneAt: null, notBefore: 0, restarts: 0 });
  }

  /** Starts a program and waits until it is ready. */
  async start(program: ProgramSpec): Promise<void> {
    const startedAt = new Date();
    const running = await startProcess(program);
    this.adopt(program, running);
    await awaitReady(program, running, startedAt);
  }

  /** Ends a program, which is not started again. */
  async dismiss(name: string): Promise<void> {
    const { running } = this.#of(name);
    this.#all.delete(name);
    send(running, 'SIGCONT');
    await stopProcesses([running], 20_000);
  }

  get names(): string[] {
    return [...this.#all.keys()];
  }

  identity(name: string): ProcessIdentity {
    return this.#of(name).running;
  }

  /** How often it was started again. */
  restarts(name: string): number {
    return this.#of(name).restarts;
  }

  /** Signals a program; one that ended is left alone. */
  signal(name: string, signal: NodeJS.Signals): void {
    send(this.#of(name).running, signal);
  }

  /** Kills a program, and leaves it away for a while. */
  kill(name: string, awayMs: number): void {
    const supervised = this.#of(name);
    supervised.notBefore = performance.now() + awayMs;
    send(supervised.running, 'SIGKILL');
  }

  /** Waits until every program runs and is ready. @returns those that are not */
  async notReady(limitMs: number): Promise<string[]> {
    const found = await Promise.all(
      [...this.#all.values()].map(async ({ program }) => {
        const giveUpAt = performance.now() + limitMs;
        while (performance.now() < giveUpAt) {
          const { running } = this.#of(program.name);
          if (isRunning(running) && (await program.ready(new Date(Date.now() - 60_000)))) return [];
          await new Promise((resolve) => setTimeout(resolve, lookMs));
        }
        return [program.name];
      }),
    );
    return found.flat();
  }

  /** Processes of a program's, its children; without a name all that any program, dead ones too, ever left. */
  children(name?: string): { pid: number; program: string }[] {
    const own = new Set([...this.#all.values()].map(({ running }) => running.pid));
    const session = name === undefined ? null : this.#of(name).running.pid;
    return readdirSync('/proc')
      .filter((entry) => /^\d+$/.test(entry))
      .map(Number)
      .flatMap((pid) => {
        if (own.has(pid)) return [];
        const found = sessionOf(pid);
        if (found === null || (session === null ? !this.#sessions.has(found) : found !== session)) return [];
        return [{ pid, program: commandOf(pid) }];
      });
  }

  async stop(order: readonly string[] = this.names): Promise<void> {
    clearInterval(this.#timer);
    await this.#starting;
    for (const name of order) {
      const { running } = this.#of(name);
      send(running, 'SIGCONT');
      await stopProcesses([running], 20_000);
    }
    this.#release();
  }

  async #look(): Promise<void> {
    const now = performance.now();
    for (const supervised of this.#all.values()) {
      if (isRunning(supervised.running)) continue;
      supervised.goneAt ??= now;
      if (now < Math.max(supervised.notBefore, supervised.goneAt + restartMs)) continue;
      supervised.goneAt = null;
      supervised.restarts += 1;
      this.#onRestart(supervised.program.name);
      supervised.running = await startProcess(supervised.program).catch(() => supervised.running);
      this.#sessions.add(supervised.running.pid);
    }
  }

  #of(name: string): Supervised {
    const supervised = this.#all.get(name);
    if (supervised === undefined)
      throw new RangeError(`expected one of ${this.names.join(', ')}, got ${name}`);
    return supervised;
  }
}

/** Signals a process unless it has ended. */
export function send(identity: ProcessIdentity, signal: NodeJS.Signals): void {
  if (!isRunning(identity)) return;
  try {
    process.kill(identity.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** @returns the session that a process is in; null for one that has ended */
function sessionOf(pid: number): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // proc(5): state, ppid, pgrp, session follow the name in parentheses.
    const [state, , , session] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return state === 'Z' || state === 'X' ? null : Number(session);
  } catch {
    return null;
  }
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, 3).join(' ');
  } catch {
    return '?';
  }
}
