import type { JobProgress } from '@ddad/contract';
import { progressSubject } from '@ddad/contract';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { closeNats, connectNats, isLinked, type NatsConnection, onRelink } from './nats.ts';
import { startNatsServer, type TestNatsServer } from './nats-server.testing.ts';
import { publishProgress, subscribeAllProgress, subscribeProgress } from './progress.ts';

let server: TestNatsServer;
let connections: NatsConnection[] = [];

beforeEach(async () => {
  server = await startNatsServer();
});

afterEach(async () => {
  for (const nc of connections) await closeNats(nc, 500);
  connections = [];
  await server.dispose();
});

async function connected(options: { user?: string; password?: string } = {}): Promise<NatsConnection> {
  const nc = await connectNats({ url: server.url, name: 'test', ...options });
  connections.push(nc);
  return nc;
}

const progress = (done: number): JobProgress => ({
  done,
  total: 10,
  loss: null,
  imagesPerSecond: 100,
  worker: 't-1',
  state: 'running',
});

/** Collects progress; `next` is the next one that comes. */
function collecting(nc: NatsConnection, keys: string[]) {
  const got: [string, number][] = [];
  let wake = () => {};
  const subscription = subscribeProgress(nc, keys, (key, { done }) => {
    got.push([key, done]);
    wake();
  });
  const until = async (count: number) => {
    while (got.length < count) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    return got;
  };
  return { got, until, subscription };
}

test('progress reaches those who follow its key, each message once, and nobody else', async () => {
  const [publisher, follower] = [await connected(), await connected()];
  const { until } = collecting(follower, ['k1', 'k2', 'k1']);
  await follower.flush();
  publishProgress(publisher, 'k3', progress(1));
  publisher.publish(progressSubject('k1'), 'no JSON');
  publisher.publish(progressSubject('k1'), '{"done":"no number"}');
  publishProgress(publisher, 'k1', progress(2));
  publishProgress(publisher, 'k2', progress(3));
  expect(await until(2)).toEqual([
    ['k1', 2],
    ['k2', 3],
  ]);
});

test('of a flood of long messages nothing is kept, and what is progress still arrives', async () => {
  const [publisher, follower] = [await connected(), await connected()];
  const heard: [key: string, progress: JobProgress][] = [];
  const { promise: last, resolve } = Promise.withResolvers<void>();
  const key = 'a'.repeat(64);
  const subscription = subscribeAllProgress(follower, (of, what) => {
    heard.push([of, what]);
    if (what.done === 7) resolve();
  });
  await follower.flush();
  const long = (worker: string) => JSON.stringify({ ...progress(1), worker });
  const flood = new TextEncoder().encode(long('x'.repeat(900_000)));
  for (let index = 0; index < 600; index += 1) {
    // A job of its own each.
    publisher.publish(progressSubject(index.toString(16).padStart(64, '0')), flood);
    // Else the server would cut the follower off as too slow, and nothing of the flood came.
    if (index % 10 === 0) await Promise.all([publisher.flush(), follower.flush()]);
  }
  publisher.publish(progressSubject(key), long('x'.repeat(101)));
  publisher.publish(progressSubject(key), long('x').replace('"total":10', '"total":1e999'));
  publisher.publish(progressSubject(key), long('x').replace('"loss":null', '"loss":1e999'));
  // Of subjects that are no artifact's there could be any number.
  publishProgress(publisher, 'no-key', progress(1));
  publishProgress(publisher, `${key}0`, progress(1));
  publishProgress(publisher, key, progress(7));
  await last;
  expect(follower.stats().inBytes).toBeGreaterThan(600 * 900_000);
  expect(heard).toEqual([[key, progress(7)]]);
  subscription.close();
});

test('progress made while NATS is away is dropped, and what comes after its return arrives', async () => {
  const [publisher, follower] = [await connected(), await connected()];
  const { until } = collecting(follower, ['k']);
  await follower.flush();
  const backOf = (nc: NatsConnection) =>
    new Promise<void>((resolve) => {
      onRelink(nc, resolve);
    });
  const awayOf = async (nc: NatsConnection) => {
    for await (const { type } of nc.status()) if (type === 'disconnect') return;
  };
  const back = Promise.all([backOf(publisher), backOf(follower)]);
  const away = Promise.all([awayOf(publisher), awayOf(follower)]);
  await server.kill();
  await away;
  expect(isLinked(publisher)).toBe(false);
  publishProgress(publisher, 'k', progress(1));
  await server.start();
  await back;
  await follower.flush();
  publishProgress(publisher, 'k', progress(2));
  expect(await until(1)).toEqual([['k', 2]]);
});

test('publishing on a closed connection does nothing, and closing twice is harmless', async () => {
  const nc = await connected();
  await closeNats(nc);
  publishProgress(nc, 'k', progress(1));
  await closeNats(nc);
  expect(nc.isClosed()).toBe(true);
});

test('closing while NATS is away ends in time', async () => {
  const nc = await connected();
  await server.kill();
  await closeNats(nc, 500);
  expect(nc.isClosed()).toBe(true);
});

test('a server that does not appear is an error that names it, within the time given', async () => {
  await server.kill();
  const started = performance.now();
  await expect(connectNats({ url: server.url, name: 'test', firstConnectMs: 600 })).rejects.toThrow(
    `NATS at ${server.url} cannot be reached within 600 ms`,
  );
  expect(performance.now() - started).toBeLessThan(3_000);
});

test('a server that appears late is waited for', async () => {
  await server.kill();
  const connecting = connected();
  await server.start();
  expect(isLinked(await connecting)).toBe(true);
});

test('a wrong password is an error at once, which does not show it', async () => {
  await server.dispose();
  server = await startNatsServer('--user', 'ddad', '--pass', 'right');
  expect(isLinked(await connected({ user: 'ddad', password: 'right' }))).toBe(true);
  const refused = connected({ user: 'ddad', password: 'wrong-one' });
  await expect(refused).rejects.toThrow('refuses the user "ddad"');
  await expect(refused).rejects.not.toThrow('wrong-one');
});
