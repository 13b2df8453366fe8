import { setTimeout as delay } from 'node:timers/promises';
import { type WorkerEntry, workerEntryBytes, workersBucket } from '@ddad/contract';
import { jetstream } from '@nats-io/jetstream';
import { Kvm } from '@nats-io/kv';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { announceWorker } from './announce-worker.ts';
import { EntrySeal } from './entry-seal.ts';
import { createLogger } from './logger.ts';
import { closeNats, connectNats, type NatsConnection } from './nats.ts';
import { startNatsServer, type TestNatsServer } from './nats-server.testing.ts';
import { watchWorkers } from './watch-workers.ts';
import { openWorkerBucket, type PresenceTimes, presenceTimes } from './worker-bucket.ts';

/** Short, so that expiry is seen in seconds; a listing that would hide a missing watch comes late. */
const times: PresenceTimes = { ttlMs: 2_500, refreshMs: 400, relistMs: 60_000, requestMs: 2_000 };

/** Keys of two artifacts. */
const [k1, k2] = ['1'.repeat(64), '2'.repeat(64)];

let lines: { level: string; msg: string; [field: string]: unknown }[] = [];
let onLine = () => {};
const logger = createLogger('test', 'info', {
  write(line) {
    lines.push(JSON.parse(line));
    onLine();
  },
});

/** Waits until the log says something. */
async function logged(msg: string): Promise<void> {
  while (!lines.some((line) => line.msg === msg)) {
    await new Promise<void>((resolve) => {
      onLine = resolve;
    });
  }
}
let server: TestNatsServer;
let cleanups: (() => Promise<unknown> | unknown)[] = [];

beforeEach(async () => {
  lines = [];
  server = await startNatsServer();
});

afterEach(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup();
  cleanups = [];
  await server.dispose();
});

async function connected(name: string): Promise<NatsConnection> {
  const nc = await connectNats({ url: server.url, name });
  cleanups.push(() => closeNats(nc, 500));
  return nc;
}

/** As a process of its own writes an entry. */
const sealed = (entry: WorkerEntry) => new EntrySeal().close(entry);

function trainer(id: string): WorkerEntry {
  return {
    pool: 'train',
    id,
    address: '127.0.0.1:4000',
    device: 'test device',
    slots: 1,
    keys: [],
    since: '2026-01-01T00:00:00.000Z',
    leaving: false,
  };
}

/** A watch, and a promise for the first list that meets a condition. */
async function watching(nc: NatsConnection, withTimes: PresenceTimes = times) {
  const lists: WorkerEntry[][] = [];
  const waiters: { meets: (list: WorkerEntry[]) => boolean; resolve: (list: WorkerEntry[]) => void }[] = [];
  const watch = await watchWorkers(
    nc,
    (list) => {
      lists.push(list);
      for (const waiter of waiters) if (waiter.meets(list)) waiter.resolve(list);
    },
    logger,
    { times: withTimes },
  );
  cleanups.push(() => watch.close());
  const until = (meets: (list: WorkerEntry[]) => boolean) =>
    new Promise<WorkerEntry[]>((resolve) => {
      waiters.push({ meets, resolve });
      if (meets(watch.list())) resolve(watch.list());
    });
  return { watch, lists, until };
}

async function announced(nc: NatsConnection, entry: WorkerEntry, withTimes: PresenceTimes = times) {
  const announcement = await announceWorker(nc, entry, logger, { times: withTimes });
  cleanups.push(() => announcement.close());
  return announcement;
}

const ids = (list: WorkerEntry[]) => list.map((entry) => entry.id);

test('a watcher sees a trainer come, change and go', async () => {
  const { until } = await watching(await connected('watcher'));
  const announcement = await announced(await connected('trainer'), trainer('t-1'));
  expect(await until((list) => list.length === 1)).toEqual([trainer('t-1')]);

  announcement.update({ keys: [k1], leaving: true });
  const changed = await until((list) => list[0]?.leaving === true);
  expect(changed).toEqual([{ ...trainer('t-1'), keys: [k1], leaving: true }]);

  await announcement.close();
  expect(await until((list) => list.length === 0)).toEqual([]);
});

test('a watcher sees why a worker is unfit, and when it is fit again', async () => {
  const { until } = await watching(await connected('watcher'));
  const unfit = 'scratch: no space left';
  const announcement = await announced(await connected('trainer'), { ...trainer('t-1'), unfit });
  expect(await until((list) => list.length === 1)).toEqual([{ ...trainer('t-1'), unfit }]);
  announcement.update({ unfit: undefined });
  expect(await until((list) => list[0]?.unfit === undefined)).toEqual([trainer('t-1')]);
});

test('a watcher that comes later starts with who is there, in order of id', async () => {
  const nc = await connected('trainers');
  await announced(nc, trainer('t-2'));
  await announced(nc, trainer('t-1'));
  const { watch } = await watching(await connected('watcher'));
  expect(ids(watch.list())).toEqual(['t-1', 't-2']);
});

test('an entry is refreshed for longer than its time to live, and refreshes are no changes', async () => {
  const { until, lists } = await watching(await connected('watcher'));
  await announced(await connected('trainer'), trainer('t-1'));
  await until((list) => list.length === 1);
  // The second trainer's refreshes outlast the first one's time to live before it dies.
  const other = await connected('other');
  await announced(other, trainer('t-2'));
  await until((list) => list.length === 2);
  await other.close();
  await until((list) => list.length === 1);
  expect(lists.map(ids)).toEqual([['t-1'], ['t-1', 't-2'], ['t-1']]);
});

test('a trainer that dies without a word disappears within its time to live and a little', async () => {
  const { until } = await watching(await connected('watcher'));
  const dying = await connected('trainer');
  await announced(dying, trainer('t-1'));
  await until((list) => list.length === 1);
  await dying.close();
  const died = performance.now();
  await until((list) => list.length === 0);
  // The server looks for expired entries about once a second.
  expect(performance.now() - died).toBeLessThan(times.ttlMs + 2_500);
});

test.each([true, false])(
  'a trainer is seen again after NATS restarted (its data kept: %s)',
  async (keepData) => {
    const { until, watch } = await watching(await connected('watcher'));
    const announcement = await announced(await connected('trainer'), trainer('t-1'));
    await until((list) => list.length === 1);
    await server.kill(keepData);
    announcement.update({ keys: [k2] });
    expect(ids(watch.list())).toEqual(['t-1']);
    await server.start();
    const back = await until((list) => list[0]?.keys[0] === k2);
    expect(ids(back)).toEqual(['t-1']);
    announcement.update({ keys: [] });
    await until((list) => list[0]?.keys.length === 0);
  },
);

test.each([true, false])(
  'all are listed again once NATS is back, after a listing came due without it, and the log says so (its data kept: %s)',
  async (keepData) => {
    const often = { ...times, relistMs: 200 };
    const { until, watch } = await watching(await connected('watcher'), often);
    const trainers = await connected('trainers');
    const first = await announced(trainers, trainer('t-1'), often);
    // Revisions of the emptied store start below these.
    for (const keys of [[k1], [k2], [k1, k2]]) {
      first.update({ keys });
      await until((list) => list[0]?.keys.length === keys.length && list[0].keys[0] === keys[0]);
    }
    await server.kill(keepData);
    await delay(3 * often.relistMs);
    expect(ids(watch.list())).toEqual(['t-1']);
    await server.start();
    await logged('the workers are listed again');
    await announced(trainers, trainer('t-2'), often);
    await until((list) => ids(list).join() === 't-1,t-2');
  },
);

test('in a bucket that keeps entries for ever, the next listing still drops the dead', async () => {
  const nc = await connected('watcher');
  const bucket = await new Kvm(jetstream(nc)).create(workersBucket, { history: 5 });
  await bucket.put('train.dead', sealed(trainer('dead')));
  const { until } = await watching(nc, { ...times, relistMs: 300 });
  await announced(await connected('trainer'), trainer('alive'));
  await until((list) => list.length === 2);
  expect(ids(await until((list) => list.length === 1))).toEqual(['alive']);
});

test('what is no entry of a worker is ignored, with one warning each however often it is written', async () => {
  const nc = await connected('watcher');
  // With limits of its own: whoever makes the bucket first says how much goes in.
  const bucket = await new Kvm(jetstream(nc)).create(workersBucket, { ttl: presenceTimes.ttlMs });
  const bad: [key: string, value: string][] = [
    ['train.text', 'no JSON'],
    ['train.bare', JSON.stringify(trainer('bare'))],
    ['train.other', sealed({ ...trainer('other'), slots: 0 })],
    ['train.posing', sealed(trainer('somebody-else'))],
    ['score.posing', sealed(trainer('posing'))],
    ['train.long', sealed({ ...trainer('long'), device: 'x'.repeat(workerEntryBytes) })],
  ];
  for (const [key, value] of bad) await bucket.put(key, value);
  const { until } = await watching(nc, presenceTimes);
  for (const [key, value] of bad) await bucket.put(key, value);
  await announced(nc, trainer('t-1'), presenceTimes);
  expect(ids(await until((list) => list.length > 0))).toEqual(['t-1']);
  const told = lines.filter(({ level }) => level === 'warn');
  expect(told.map(({ key, ignored }) => [key, ignored])).toEqual(bad.map(([key], index) => [key, index + 1]));
  expect(told.map(({ reason }) => reason)).toEqual([
    'expected JSON of a signed entry, got something else',
    'expected JSON of a signed entry, got something else',
    expect.stringContaining('slots: '),
    'expected an entry under its own pool and id',
    'expected an entry under its own pool and id',
    expect.stringMatching(/^expected at most 8192 bytes, got \d+$/),
  ]);
});

test('the bucket takes no entry that is longer than one can be', async () => {
  const bucket = await openWorkerBucket(await connected('trainer'), times, logger);
  await expect(bucket.put('train.long', 'x'.repeat(workerEntryBytes + 1))).rejects.toThrow(/exceed/);
  const { streamInfo } = await bucket.status();
  expect(streamInfo.config.max_bytes).toBeGreaterThan(0);
});

test('an entry that nobody would take is refused, with every fault', async () => {
  const nc = await connected('trainer');
  const entry = { ...trainer('a b'), address: 'nowhere' };
  await expect(announceWorker(nc, entry, logger, { times })).rejects.toThrow(
    /id: expected .*\naddress: expected host:port/,
  );
});

test('trainers and scorers are listed by pool, whatever their ids', async () => {
  const nc = await connected('workers');
  const scorer: WorkerEntry = { ...trainer('same'), pool: 'score', slots: 2 };
  await announced(nc, trainer('same'));
  await announced(nc, scorer);
  const { watch } = await watching(await connected('watcher'));
  expect(watch.list()).toEqual([scorer, trainer('same')]);
});

test('announcing, changing and closing while NATS is away neither throw nor hang', async () => {
  const nc = await connected('trainer');
  const away = new Promise<void>((resolve) => {
    void (async () => {
      for await (const { type } of nc.status()) if (type === 'disconnect') resolve();
    })();
  });
  await server.kill();
  await away;
  const announcement = await announceWorker(nc, trainer('t-1'), logger, { times });
  announcement.update({ leaving: true });
  await announcement.close();
  const { watch } = await watching(nc);
  expect(watch.list()).toEqual([]);
});
