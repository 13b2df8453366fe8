import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { isGone, kill } from './processes.testing.ts';

let directory: string;
let trace: string;
let parent: ChildProcess | undefined;
let childPid: number | undefined;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ddad-orphan-'));
  trace = join(directory, 'trace');
});
afterEach(async () => {
  kill(parent?.pid, 'SIGKILL');
  kill(childPid, 'SIGKILL');
  await rm(directory, { recursive: true, maxRetries: 5 });
});

/** A parent whose child takes a step every 200 ms; resolves once the parent said a line. */
async function startParent(loadMs: number, untilLine: string): Promise<void> {
  const script = join(import.meta.dirname, 'orphan-parent.testing.ts');
  const started = spawn(process.execPath, [script, trace, directory, String(loadMs)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  parent = started;
  for await (const line of createInterface({ input: started.stdout })) {
    const pid = /^child (\d+)$/.exec(line)?.[1];
    if (pid !== undefined) childPid = Number(pid);
    if (!line.startsWith(untilLine)) continue;
    // Leaving the loop closes the reader; the pipe must still be emptied.
    started.stdout.resume();
    return;
  }
  throw new Error(`the parent never said ${untilLine}`);
}

async function killParent(): Promise<void> {
  const gone = once(parent as ChildProcess, 'exit');
  kill(parent?.pid, 'SIGKILL');
  await gone;
}

const steps = () =>
  readFileSync(trace, 'utf8')
    .split('\n')
    .filter((line) => line.includes('/')).length;

test('a process whose parent is killed exits within one step', async () => {
  await startParent(0, 'step');
  const before = steps();
  await killParent();
  await expect.poll(() => isGone(childPid), { timeout: 20_000 }).toBe(true);
  // One may have begun between the look at the trace and the kill.
  expect(steps() - before).toBeLessThanOrEqual(2);
});

test('a process whose parent dies while it still loads never begins the task that was on its way', async () => {
  await startParent(1000, 'child');
  await killParent();
  await expect.poll(() => isGone(childPid), { timeout: 20_000 }).toBe(true);
  expect(existsSync(trace)).toBe(false);
});
