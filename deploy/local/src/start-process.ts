import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';
import type { RecordedProcess } from './cluster-record.ts';
import { identify, isRunning, signal } from './process-identity.ts';
import { waitUntil } from './wait-until.ts';

/** A program to start, and how to see that it is ready. */
export interface ProgramSpec {
  name: string;
  command: string;
  args: string[];
  /** The whole environment it gets. */
  env: Record<string, string>;
  /** File that its output is appended to. */
  log: string;
  /** host:port that it will listen on; null for none. */
  address: string | null;
  /** Directory it runs in. */
  cwd: string;
  /** True once it does its work; each look must have a limit of its own. */
  ready: (startedAt: Date) => Promise<boolean>;
  /** How long it may take to become ready. */
  readyLimitMs: number;
}

/** Whether it ended before or after it could be looked at is chance. */
const endedEarly = 'ended before it was ready';

const logLimitBytes = 16 * 1024 * 1024;

/**
 * Starts a program as leader of a session of its own, so that it outlives us and no Ctrl-C of ours reaches it.
 * @throws ProcessFailure where it cannot be started, or has ended already
 */
export async function startProcess(spec: ProgramSpec): Promise<RecordedProcess> {
  if ((statSync(spec.log, { throwIfNoEntry: false })?.size ?? 0) > logLimitBytes) {
    renameSync(spec.log, `${spec.log}.1`);
  }
  const log = openSync(spec.log, 'a', 0o600);
  try {
    const child = spawn(spec.command, spec.args, {
      cwd: spec.cwd,
      env: spec.env,
      stdio: ['ignore', log, log],
      detached: true,
    });
    await once(child, 'spawn');
    child.unref();
    const { pid } = child;
    const identity = pid === undefined ? null : identify(pid);
    if (identity === null) throw new ProcessFailure(spec.name, endedEarly, spec.log);
    return { name: spec.name, ...identity, log: spec.log, address: spec.address };
  } catch (error) {
    if (error instanceof ProcessFailure) throw error;
    throw new ProcessFailure(spec.name, 'cannot be started', spec.log, { cause: error });
  } finally {
    closeSync(log);
  }
}

/**
 * Waits until a started program is ready.
 * @throws ProcessFailure where it ends, or is not ready in time
 */
export async function awaitReady(
  spec: ProgramSpec,
  started: RecordedProcess,
  startedAt: Date,
): Promise<void> {
  let ended = false;
  const ready = await waitUntil(async () => {
    ended = !isRunning(started);
    // Ready only if it still runs: on its port, somebody else might answer.
    return ended || ((await spec.ready(startedAt)) && isRunning(started));
  }, spec.readyLimitMs);
  if (ended) throw new ProcessFailure(spec.name, endedEarly, spec.log);
  if (!ready)
    throw new ProcessFailure(spec.name, `was not ready after ${spec.readyLimitMs / 1000} s`, spec.log);
}

/**
 * Ends processes: SIGTERM to all at once, SIGKILL to the process groups of those that are still there after `limitMs`.
 * A pid that another process has now is left alone.
 * @param first SIGKILL to give no chance
 * @returns names of those that had to be killed
 */
export async function stopProcesses(
  processes: readonly RecordedProcess[],
  limitMs: number,
  first: 'SIGTERM' | 'SIGKILL' = 'SIGTERM',
): Promise<string[]> {
  const running = () => processes.filter(isRunning);
  for (const started of running()) signal(started, first, first === 'SIGKILL');
  await waitUntil(() => running().length === 0, limitMs);
  const left = running();
  for (const started of left) signal(started, 'SIGKILL', true);
  if (!(await waitUntil(() => running().length === 0, 5000))) {
    const names = running().map((started) => `${started.name} (pid ${started.pid})`);
    throw new Error(`not even SIGKILL ends ${names.join(', ')}`);
  }
  return left.map((started) => started.name);
}

/** A process of the cluster failed; the message ends with the last lines of its log. */
export class ProcessFailure extends Error {
  override readonly name = 'ProcessFailure';
  readonly process: string;

  constructor(process: string, what: string, log: string, options?: ErrorOptions) {
    const reason = options?.cause instanceof Error ? `: ${options.cause.message}` : '';
    super(`${process} ${what}${reason}\n${lastLines(log)}`, options);
    this.process = process;
  }
}

function lastLines(log: string, count = 20): string {
  let text: string;
  try {
    text = readFileSync(log, 'utf8').trimEnd();
  } catch {
    return `(no log at ${log})`;
  }
  const lines = text.split('\n').slice(-count);
  return text === '' ? `(its log ${log} is empty)` : [`last lines of ${log}:`, ...lines].join('\n');
}
