import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { exitCodes } from './failure.ts';
import { type Interruption, interruptible } from './interruption.ts';

type Handler = (signal: NodeJS.Signals) => void;

/** Does work, and sends it the signals that come of `signals`. */
function doing<T>(work: (interruption: Interruption) => Promise<T>) {
  const handlers = new Set<Handler>();
  const ended = interruptible((handler) => {
    handlers.add(handler);
    return () => void handlers.delete(handler);
  }, work);
  const send = (signal: NodeJS.Signals) => {
    for (const handler of handlers) handler(signal);
  };
  const failure = ended.then(
    () => null,
    (error: unknown) => error,
  );
  return { ended, failure, send, listening: () => handlers.size > 0 };
}

const never = () => new Promise<never>(() => {});

it.each([
  ['SIGINT', exitCodes.interrupted],
  ['SIGTERM', exitCodes.terminated],
] as const)('%s ends work that does not listen, with code %i', async (signal, exitCode) => {
  const { failure, send, listening } = doing(never);
  send(signal);
  const began = performance.now();
  expect(await failure).toMatchObject({ name: 'CommandFailure', message: 'interrupted', exitCode });
  expect(performance.now() - began).toBeLessThan(2_000);
  expect(listening()).toBe(false);
});

it('is told with what the work said last, and not before the work has tidied up', async () => {
  let tidied = false;
  const { failure, send } = doing(async (interruption) => {
    interruption.means('nothing was started');
    await new Promise((stop) => interruption.signal.addEventListener('abort', stop));
    interruption.means('it goes on');
    await new Promise((soon) => setTimeout(soon, 30));
    tidied = true;
    throw new Error('given up');
  });
  send('SIGINT');
  expect(await failure).toMatchObject({ message: 'it goes on', exitCode: exitCodes.interrupted });
  expect(tidied).toBe(true);
});

it('is no matter to work that ends by itself', async () => {
  const done = doing(async (interruption) => {
    interruption.check();
    return 5;
  });
  expect(await done.ended).toBe(5);
  expect(done.listening()).toBe(false);
  const failed = doing(() => Promise.reject(new Error('no disk')));
  expect(await failed.failure).toMatchObject({ message: 'no disk' });
});

it('what is checked after it is not done', async () => {
  const steps: string[] = [];
  const { failure, send } = doing(async (interruption) => {
    await new Promise((stop) => interruption.signal.addEventListener('abort', stop));
    steps.push('before');
    interruption.check();
    steps.push('after');
  });
  send('SIGTERM');
  expect(await failure).toMatchObject({ exitCode: exitCodes.terminated });
  expect(steps).toEqual(['before']);
});

describe('a process', () => {
  /** @param stays for how long it goes on after its work, in milliseconds */
  const program = (stays: number) => `
    import { interruptible } from ${JSON.stringify(resolve(import.meta.dirname, 'interruption.ts'))};
    const onSignal = (handler) => {
      process.on('SIGINT', handler);
      return () => void process.off('SIGINT', handler);
    };
    const busy = setInterval(() => {}, 1000);
    await interruptible(onSignal, () => {
      console.log('ready');
      return new Promise(() => {});
    }).catch((error) => console.log(error.exitCode));
    setTimeout(() => clearInterval(busy), ${stays});`;

  async function signalled({ again, stays }: { again: number; stays: number }) {
    const child = spawn(process.execPath, ['--input-type=module', '--eval', program(stays)], {
      stdio: ['ignore', 'pipe', 'inherit'],
      timeout: 20_000,
      killSignal: 'SIGKILL',
    });
    const said = text(child.stdout);
    const exited = once(child, 'exit');
    await once(child.stdout, 'data');
    child.kill('SIGINT');
    await new Promise((soon) => setTimeout(soon, again));
    child.kill('SIGINT');
    const [code, signal] = await exited;
    return { code, signal, said: await said };
  }

  it('ends at once at a second signal', async () => {
    expect(await signalled({ again: 400, stays: 30_000 })).toMatchObject({ code: null, signal: 'SIGINT' });
  });

  it('takes signals that come together, as through npx, for one', async () => {
    expect(await signalled({ again: 20, stays: 0 })).toMatchObject({
      code: 0,
      said: expect.stringContaining('130'),
    });
  });
});
