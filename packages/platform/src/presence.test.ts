import { type TrainerEntry, trainersBucket } from '@ddad/contract';
import { jetstream } from '@nats-io/jetstream';
import { Kvm } from '@nats-io/kv';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { announceTrainer } from './announce-trainer.ts';
import { createLogger } from './logger.ts';
import { closeNats, connectNats, type NatsConnection } from './nats.ts';
import { startNatsServer, type TestNatsServer } from './nats-server.testing.ts';
import { type PresenceTimes, presenceTimes } from './trainer-bucket.ts';
import { watchTrainers } from './watch-trainers.ts';

/** Short, so that expiry is seen in seconds; a listing that would hide a missing watch comes late. */
const times: PresenceTimes = { ttlMs: 2_500, refreshMs: 400, relistMs: 60_000, requestMs: 2_000 };

let warnings: string[] = [];
const logger = createLogger('test', 'warn', { write: (line) => void warnings.push(line) });
let server: TestNatsServer;
let cleanups: (() => Promise<unknown> | unknown)[] = [];

beforeEach(async () => {
  warnings = [];
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

function trainer(id: string): TrainerEntry {
  return {
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
  const lists: TrainerEntry[][] = [];
  const waiters: { meets: (list: TrainerEntry[]) => boolean; resolve: (list: TrainerEntry[]) => void }[] = [];
  const watch = await watchTrainers(
    nc,
    (list) => {
      lists.push(list);
      for (const waiter of waiters) if (waiter.meets(list)) waiter.resolve(list);
    },
    logger,
    withTimes,
  );
  cleanups.push(() => watch.close());
  const until = (meets: (list: TrainerEntry[]) => boolean) =>
    new Promise<TrainerEntry[]>((resolve) => {
      waiters.push({ meets, resolve });
      if (meets(watch.list())) resolve(watch.list());
    });
  return { watch, lists, until };
}

async function announced(nc: NatsConnection, entry: TrainerEntry, withTimes: PresenceTimes = times) {
  const announcement = await announceTrainer(nc, entry, logger, withTimes);
  cleanups.push(() => announcement.close());
  return announcement;
}

const ids = (list: TrainerEntry[]) => list.map((entry) => entry.id);

test('a watcher sees a trainer come, change and go', async () => {
  const { until } = await watching(await connected('watcher'));
  const announcement = await announced(await connected('trainer'), trainer('t-1'));
  expect(await until((list) => list.length === 1)).toEqual([trainer('t-1')]);

  announcement.update({ keys: ['k1'], leaving: true });
  const changed = await until((list) => list[0]?.leaving === true);
  expect(changed).toEqual([{ ...trainer('t-1'), keys: ['k1'], leaving: true }]);

  await announcement.close();
  expect(await until((list) => list.length === 0)).toEqual([]);
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
    announcement.update({ keys: ['changed while away'] });
    expect(ids(watch.list())).toEqual(['t-1']);
    await server.start();
    const back = await until((list) => list[0]?.keys[0] === 'changed while away');
    expect(ids(back)).toEqual(['t-1']);
    announcement.update({ keys: [] });
    await until((list) => list[0]?.keys.length === 0);
  },
);

test('in a bucket that keeps entries for ever, the next listing still drops the dead', async () => {
  const nc = await connected('watcher');
  const bucket = await new Kvm(jetstream(nc)).create(trainersBucket, { history: 5 });
  await bucket.put('dead', JSON.stringify(trainer('dead')));
  const { until } = await watching(nc, { ...times, relistMs: 300 });
  await announced(await connected('trainer'), trainer('alive'));
  await until((list) => list.length === 2);
  expect(ids(await until((list) => list.length === 1))).toEqual(['alive']);
});

test('what is no trainer entry is ignored, with a warning that counts', async () => {
  const nc = await connected('watcher');
  const bucket = await new Kvm(jetstream(nc)).create(trainersBucket, { ttl: presenceTimes.ttlMs });
  await bucket.put('text', 'no JSON');
  await bucket.put('other', JSON.stringify({ ...trainer('other'), slots: 0 }));
  await bucket.put('posing', JSON.stringify(trainer('somebody-else')));
  const { until } = await watching(nc, presenceTimes);
  await announced(nc, trainer('t-1'), presenceTimes);
  expect(ids(await until((list) => list.length > 0))).toEqual(['t-1']);
  const counted = warnings.map((line) => JSON.parse(line) as { key: string; ignored: number });
  expect(counted.map(({ key, ignored }) => [key, ignored])).toEqual([
    ['text', 1],
    ['other', 2],
    ['posing', 3],
  ]);
});

test('an id that cannot be a key is refused', async () => {
  const nc = await connected('trainer');
  await expect(announceTrainer(nc, trainer('a b'), logger, times)).rejects.toThrow('got "a b"');
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
  const announcement = await announceTrainer(nc, trainer('t-1'), logger, times);
  announcement.update({ leaving: true });
  await announcement.close();
  const { watch } = await watching(nc);
  expect(watch.list()).toEqual([]);
});
