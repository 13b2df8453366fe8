import { afterEach, expect, test } from 'vitest';
import { type Child, forkChild } from './fork-child.ts';

const entry = new URL('./fork-child-entry.testing.ts', import.meta.url);
const children: Child<string, unknown>[] = [];

function start(environment: Record<string, string> = {}, from = entry): Child<string, unknown> {
  const child = forkChild<string, unknown>(from, environment);
  children.push(child);
  return child;
}

afterEach(async () => {
  for (const child of children.splice(0)) await child.kill();
});

test('has heard all that a child said when it says that the child is gone', async () => {
  const child = start();
  const heard: unknown[] = [];
  child.onMessage((message) => heard.push(message));
  child.send('say and leave');
  expect(await child.exited).toEqual({ code: 3, signal: null });
  expect(heard).toHaveLength(501);
  expect(heard.at(-1)).toEqual({ word: 'last' });
});

test('passes on what a process needs to start and what it is given, and no more', async () => {
  process.env.S3_SECRET_KEY = 'not-a-secret';
  try {
    const child = start({ TASK: 'yes' });
    const environment = new Promise<unknown>((resolve) => child.onMessage(resolve));
    child.send('environment');
    const { PATH, TASK, S3_SECRET_KEY } = (await environment) as Record<string, string>;
    expect({ PATH, TASK, S3_SECRET_KEY }).toEqual({
      PATH: process.env.PATH,
      TASK: 'yes',
      S3_SECRET_KEY: undefined,
    });
  } finally {
    delete process.env.S3_SECRET_KEY;
  }
});

test('tells the signal that ended a child, and the end of its complaints', async () => {
  const child = start();
  child.send('complain');
  expect(await child.exited).toEqual({ code: null, signal: 'SIGABRT' });
  expect(child.errorTail()).toMatch(/^x+ the end$/);
  expect(child.errorTail().length).toBeLessThanOrEqual(4000);
});

test('kills a child that stays, twice without harm, and drops messages to one that is gone', async () => {
  const child = start();
  const stays = new Promise((resolve) => child.onMessage(resolve));
  child.send('stay');
  await stays;
  await Promise.all([child.kill(), child.kill()]);
  expect(await child.exited).toEqual({ code: null, signal: 'SIGKILL' });
  expect(() => process.kill(child.pid, 0)).toThrow('ESRCH');
  child.send('stay');
  await child.kill();
});

test('an entry that does not exist ends with its reason', async () => {
  const child = start({}, new URL('./no-such-entry.ts', import.meta.url));
  expect((await child.exited).code).toBe(1);
  expect(child.errorTail()).toContain('no-such-entry.ts');
});
