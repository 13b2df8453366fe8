import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { afterEach, expect, test } from 'vitest';
import { createLogger } from './logger.ts';
import { Shutdown, untilSignal } from './shutdown.ts';
import { TimeLimitError } from './time-limit.ts';

afterEach(() => {
  process.exitCode = undefined;
});

/** A logger, and a promise for the line with a message. */
function logging() {
  const lines: { msg: string; open?: string[] }[] = [];
  const waiters: { message: string; resolve: () => void }[] = [];
  const logger = createLogger('test', 'info', {
    write(line) {
      const parsed = JSON.parse(line) as { msg: string };
      lines.push(parsed);
      for (const waiter of waiters) if (waiter.message === parsed.msg) waiter.resolve();
    },
  });
  const logged = (message: string) =>
    new Promise<void>((resolve) => {
      waiters.push({ message, resolve });
    });
  return { logger, lines, logged };
}

/** For tests that end before: theirs is the process of other tests too. */
const stays = { exit: () => {}, lingerMs: 1_000_000 };
const never = () => new Promise<void>(() => {});

test('closes in reverse order, each after the one before is done', async () => {
  const shutdown = new Shutdown();
  const events: string[] = [];
  for (const name of ['store', 'nats', 'server']) {
    shutdown.add(name, async () => {
      events.push(`${name} closing`);
      await new Promise((resolve) => setImmediate(resolve));
      events.push(`${name} closed`);
    });
  }
  expect(shutdown.open).toEqual(['store', 'nats', 'server']);
  await Promise.all([shutdown.close(), shutdown.close()]);
  expect(events).toEqual([
    'server closing',
    'server closed',
    'nats closing',
    'nats closed',
    'store closing',
    'store closed',
  ]);
  expect(shutdown.open).toEqual([]);
  expect(() => shutdown.add('late', () => {})).toThrow('cannot add late');
});

test('what fails or hangs does not keep the rest open, and is reported by name', async () => {
  const shutdown = new Shutdown();
  const closed: string[] = [];
  shutdown.add('first', () => void closed.push('first'));
  shutdown.add('hanging', never, 20);
  shutdown.add('failing', () => {
    throw new Error('no');
  });
  const error: unknown = await shutdown.close().catch((reason: unknown) => reason);
  expect(closed).toEqual(['first']);
  if (!(error instanceof AggregateError)) throw new Error('expected an AggregateError');
  expect(error.message).toBe('closing failing failed; closing hanging failed');
  expect((error.errors[1] as Error).cause).toBeInstanceOf(TimeLimitError);
});

test.each(['SIGTERM', 'SIGINT'] as const)('on %s everything is closed', async (signal) => {
  const shutdown = new Shutdown();
  let closed = false;
  shutdown.add('server', () => {
    closed = true;
  });
  const { logger } = logging();
  const listeners = process.listenerCount(signal);
  const done = untilSignal(shutdown, logger, 5_000, stays);
  process.kill(process.pid, signal);
  await done;
  expect(closed).toBe(true);
  expect(process.exitCode).toBeUndefined();
  expect(process.listenerCount(signal)).toBe(listeners);
});

test('a failure to close is logged and turns the exit code to 1', async () => {
  const shutdown = new Shutdown();
  shutdown.add('server', () => Promise.reject(new Error('no')));
  const { logger, lines } = logging();
  const done = untilSignal(shutdown, logger, 5_000, stays);
  process.kill(process.pid, 'SIGTERM');
  await done;
  expect(process.exitCode).toBe(1);
  expect(lines.at(-1)?.msg).toBe('not everything could be closed');
});

test('a second signal ends the process at once', async () => {
  const shutdown = new Shutdown();
  let release = () => {};
  shutdown.add('server', () => new Promise<void>((resolve) => (release = resolve)));
  const { logger, logged } = logging();
  let exited = (_code: number) => {};
  const exit = new Promise<number>((resolve) => {
    exited = resolve;
  });
  const shuttingDown = logged('shutting down');
  const done = untilSignal(shutdown, logger, 5_000, { ...stays, exit: (code) => exited(code) });
  process.kill(process.pid, 'SIGTERM');
  await shuttingDown;
  process.kill(process.pid, 'SIGTERM');
  expect(await exit).toBe(1);
  release();
  await done;
});

test('shutting down for longer than allowed ends the process and names what is still open', async () => {
  const shutdown = new Shutdown();
  shutdown.add('store', () => {});
  let release = () => {};
  shutdown.add('server', () => new Promise<void>((resolve) => (release = resolve)));
  const { logger, lines } = logging();
  let exited = (_code: number) => {};
  const exit = new Promise<number>((resolve) => {
    exited = resolve;
  });
  const done = untilSignal(shutdown, logger, 50, { ...stays, exit: (code) => exited(code) });
  process.kill(process.pid, 'SIGTERM');
  expect(await exit).toBe(1);
  expect(lines.at(-1)).toMatchObject({
    msg: 'shutting down took too long, leaving at once',
    open: ['store', 'server'],
  });
  release();
  await done;
});

/** A process that gets a signal, closes its work, and has something else going on. */
async function signalled(goingOn: string) {
  const module = JSON.stringify(import.meta.resolve('./shutdown.ts'));
  const logging = JSON.stringify(import.meta.resolve('./logger.ts'));
  const program = `
    import { Shutdown, untilSignal } from ${module};
    import { createLogger } from ${logging};
    ${goingOn}
    const shutdown = new Shutdown();
    const work = setInterval(() => {}, 1000);
    shutdown.add('work', () => clearInterval(work));
    const ended = untilSignal(shutdown, createLogger('test', 'info'), 60_000, { lingerMs: 50 });
    process.kill(process.pid, 'SIGTERM');
    await ended;`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [lines, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  return { lines, code };
}

test('what is left once everything is closed does not keep the process alive, and is named', async () => {
  const { lines, code } = await signalled('setInterval(() => {}, 1000);');
  expect(code).toBe(0);
  expect(lines).toMatch(/"left":\[[^\]]*"Timeout"\],"msg":"something is left after everything was closed/);
});

test('a process with nothing left ends by itself', async () => {
  const { lines, code } = await signalled('');
  expect(code).toBe(0);
  expect(lines).toContain('"msg":"shut down"');
  expect(lines).not.toContain('something is left');
});
