import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { Writable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { OutputEnded, processScreens } from './process-screens.ts';

const ddad = resolve(import.meta.dirname, '../bin/ddad');

/** What `ddad` ends with in a shell, and what it says on a standard error that is left alone. */
function inShell(command: string) {
  const { stdout, stderr, signal } = spawnSync(
    'bash',
    ['--norc', '-c', `${command}; echo "code \${PIPESTATUS[0]}"`],
    {
      env: { PATH: process.env.PATH, DDAD: ddad, DDAD_HOME: '/nowhere' },
      encoding: 'utf8',
      timeout: 30_000,
    },
  );
  expect(signal).toBeNull();
  return { stdout, stderr };
}

describe('a whole process', () => {
  test.each([
    // Results that got nowhere are no success.
    ['"$DDAD" --help > /dev/full', 1, 'error: standard output takes no more: no space is left\n'],
    ['"$DDAD" --help >&-', 0, ''],
    ['"$DDAD" --help | true', 0, ''],
    ['"$DDAD" --help 2>&-', 0, ''],
    // The code of the failure, whether anybody can be told of it or not.
    ['"$DDAD" nonsense 2> /dev/full', 2, ''],
    ['"$DDAD" nonsense 2>&-', 2, ''],
    ['"$DDAD" nonsense 2>&1 | true', 2, ''],
    ['"$DDAD" runs > /dev/full 2>&1', 1, ''],
  ])('%s ends with %i', (command, code, told) => {
    const { stdout, stderr } = inShell(command);
    expect(stdout.trimEnd().split('\n').at(-1)).toBe(`code ${code}`);
    expect(stderr).toBe(told);
  });

  test('a reader who has enough gets what was asked for', () => {
    expect(inShell('"$DDAD" --help | head -1').stdout).toBe('Usage: ddad [options] [command]\ncode 0\n');
  });
});

/** An output that takes `taken` writes, then fails with `code`. */
function breaking(code: string, taken = 0) {
  let left = taken;
  return new Writable({
    write(_chunk, _encoding, done) {
      left -= 1;
      done(left >= 0 ? null : Object.assign(new Error(code), { code }));
    },
  });
}
const broken = async (stream: Writable) =>
  new Promise((settle) => stream.once('error', () => setImmediate(settle)));

function outputs(stdout: Writable, stderr: Writable, onePlace = false) {
  let unread = 0;
  const found = processScreens({
    stdout,
    stderr,
    environment: {},
    onePlace: () => onePlace,
    onUnread: () => {
      unread += 1;
    },
  });
  return { ...found, unread: () => unread };
}

describe('what goes on for long', () => {
  test('ends at the next result where nobody takes results any more', async () => {
    const stdout = breaking('EPIPE', 1);
    const { screens, exitCode } = outputs(stdout, breaking('EPIPE', 9));
    screens.out.write('first\n');
    screens.out.write('second\n');
    await broken(stdout);
    expect(() => screens.out.write('third\n')).toThrow(OutputEnded);
    expect([exitCode(0), exitCode(3)]).toEqual([0, 3]);
  });

  test('goes on where nobody hears of its progress, which its results do not need', async () => {
    const stderr = breaking('EPIPE');
    const { screens, exitCode, unread } = outputs(breaking('EPIPE', 9), stderr);
    screens.err.write('1 of 2\n');
    await broken(stderr);
    screens.err.write('2 of 2\n');
    screens.out.write('result\n');
    expect([exitCode(0), exitCode(2), unread()]).toEqual([0, 2, 0]);
  });

  test('is told to end where both go to one place that nobody looks at, and that is no failure', async () => {
    const stderr = breaking('EPIPE');
    const { screens, exitCode, unread } = outputs(breaking('EPIPE'), stderr, true);
    screens.err.write('1 of 2\n');
    await broken(stderr);
    expect(unread()).toBe(1);
    expect(() => screens.out.write('result\n')).toThrow(OutputEnded);
    // As SIGTERM has it end.
    expect(exitCode(143)).toBe(0);
  });

  test('does not end for a full disk that its progress goes to', async () => {
    const stderr = breaking('ENOSPC');
    const { screens, exitCode, unread } = outputs(breaking('EPIPE', 9), stderr, true);
    screens.err.write('1 of 2\n');
    await broken(stderr);
    screens.out.write('result\n');
    expect([exitCode(0), unread()]).toEqual([0, 0]);
  });
});
