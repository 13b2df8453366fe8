import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { identify, isRunning, parseStartTicks, signal } from './process-identity.ts';

async function startSleeper() {
  const child = spawn('sleep', ['60']);
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  await once(child, 'spawn');
  const identity = identify(child.pid!);
  if (identity === null) throw new Error('expected the process to run');
  return { child, identity };
}

// proc(5), here each field holds its own number but for pid, name, state and field 20, the threads.
const stat = (name: string, state: string, threads = 1) =>
  `7 (${name}) ${state} ${Array.from({ length: 49 }, (_, index) => (index + 4 === 20 ? threads : index + 4)).join(' ')}\n`;

test('reads the start time from field 22, whatever the name holds', () => {
  expect(parseStartTicks(stat('node', 'S'))).toBe(22);
  expect(parseStartTicks(stat('a) S 1 (b', 'R'))).toBe(22);
});

test('a zombie does not run', () => {
  expect(parseStartTicks(stat('node', 'Z'))).toBeNull();
});

test('a process whose first thread alone has ended runs: the others hold its ports', async () => {
  expect(parseStartTicks(stat('node', 'Z', 2))).toBe(22);
  // exit(2), number 60 on x86-64, ends the calling thread; the other one ends when its input does.
  const program =
    'import ctypes, sys, threading\n' +
    'threading.Thread(target=sys.stdin.read).start()\n' +
    'print("up", flush=True)\n' +
    'ctypes.CDLL(None).syscall(60, 0)';
  const child = spawn(process.env.DDAD_TEST_PYTHON ?? 'python3', ['-c', program]);
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  await once(child.stdout, 'data');
  const zombie = () => /\) Z /.test(readFileSync(`/proc/${child.pid}/stat`, 'utf8'));
  await expect.poll(zombie, { timeout: 10_000 }).toBe(true);
  const identity = identify(child.pid!);
  expect(identity).not.toBeNull();
  const exited = once(child, 'exit');
  child.stdin.end();
  await exited;
  expect(isRunning(identity!)).toBe(false);
});

test('a process runs until it has ended', async () => {
  const { child, identity } = await startSleeper();
  expect(isRunning(identity)).toBe(true);
  const exited = once(child, 'exit');
  signal(identity, 'SIGTERM');
  await exited;
  expect(isRunning(identity)).toBe(false);
  expect(identify(identity.pid)).toBeNull();
});

test('never signals a process that only has the same pid', async () => {
  const { child, identity } = await startSleeper();
  for (const other of [
    { ...identity, startTicks: identity.startTicks - 1 },
    { ...identity, bootId: 'of an earlier boot' },
  ]) {
    expect(isRunning(other)).toBe(false);
    signal(other, 'SIGKILL');
  }
  // Signals come in order: had one of the two killed it, this one would not be the reason.
  const exited = once(child, 'exit');
  signal(identity, 'SIGTERM');
  expect(await exited).toEqual([null, 'SIGTERM']);
});
