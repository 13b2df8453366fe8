import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { identify, isRunning } from './process-identity.ts';
import { awaitReady, type ProgramSpec, startProcess, stopProcesses } from './start-process.ts';
import { temporaryDirectory } from './temporary-directory.testing.ts';
import { waitUntil } from './wait-until.ts';

/** A shell script as a program of the cluster; it is ready once it has printed "ready". */
function script(text: string): ProgramSpec {
  const cwd = temporaryDirectory();
  const log = join(cwd, 'log');
  return {
    name: 'script',
    command: '/bin/sh',
    args: ['-c', text],
    env: { PATH: '/usr/bin:/bin' },
    cwd,
    log,
    address: null,
    ready: async () => readFileSync(log, 'utf8').includes('ready'),
    readyLimitMs: 10_000,
  };
}

async function start(spec: ProgramSpec) {
  const started = await startProcess(spec);
  onTestFinished(async () => {
    await stopProcesses([started], 0, 'SIGKILL');
  });
  return started;
}

test('ends a program with SIGTERM and waits until it is gone', async () => {
  const spec = script('trap "echo bye; exit 0" TERM; echo ready; while :; do sleep 0.05; done');
  const started = await start(spec);
  await awaitReady(spec, started, new Date());
  expect(await stopProcesses([started], 10_000)).toEqual([]);
  expect(isRunning(started)).toBe(false);
  expect(readFileSync(spec.log, 'utf8')).toContain('bye');
});

test('kills one that ignores SIGTERM, with its children, and names it', async () => {
  const spec = script('trap "" TERM; sleep 60 & echo child $!; echo ready; wait; sleep 60');
  const started = await start(spec);
  await awaitReady(spec, started, new Date());
  const child = Number(/child (\d+)/.exec(readFileSync(spec.log, 'utf8'))?.[1]);
  expect(identify(child)).not.toBeNull();
  expect(await stopProcesses([started], 100)).toEqual(['script']);
  expect(await waitUntil(() => identify(child) === null, 5000)).toBe(true);
});

test('one that ends before it is ready fails with the end of its log', async () => {
  const spec = script('for i in $(seq 30); do echo line $i; done; echo "no such database" >&2; exit 1');
  // It may have ended before anybody looks.
  const failure = await start(spec)
    .then((started) => awaitReady(spec, started, new Date()))
    .catch((error: Error) => error.message);
  expect(failure).toMatch(/^script ended before it was ready\nlast lines of .*log:\nline 12\n/);
  expect(failure).toMatch(/line 30\nno such database$/);
});

test('one that is never ready fails after its limit', async () => {
  const spec = { ...script('echo starting; sleep 60'), readyLimitMs: 100 };
  const started = await start(spec);
  await expect(awaitReady(spec, started, new Date())).rejects.toThrow('script was not ready after 0.1 s');
});

test('a program that is not there is named', async () => {
  const spec = { ...script(''), command: '/nowhere/program' };
  await expect(startProcess(spec)).rejects.toThrow(/script cannot be started: .*ENOENT/);
});
