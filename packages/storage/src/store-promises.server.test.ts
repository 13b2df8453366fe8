import { setImmediate as turn } from 'node:timers/promises';
import { beforeEach, expect, test } from 'vitest';
import { startStore } from './chosen-store.testing.ts';
import { memoryStore } from './memory-store.testing.ts';
import { ObjectNotFound, type ObjectStore, StoreError } from './object-store.ts';
import { createS3Store } from './s3-store.ts';
import { provePromises, UnfitStore } from './store-promises.ts';

let store: ObjectStore;
beforeEach(() => {
  store = memoryStore();
});

/** Reason with which a store is refused, without what is said of every one. */
async function reason(of: ObjectStore, limitMs = 5000): Promise<string> {
  const error = await provePromises(of, { limitMs }).catch((cause: unknown) => cause);
  expect(error).toBeInstanceOf(UnfitStore);
  expect((error as Error).message).toMatch(
    /^object store: .*expected an S3 store with atomic conditional PUTs/,
  );
  return (error as Error).message;
}

test('takes a real store after 20 rounds of 64 writers, and leaves nothing there', {
  timeout: 60_000,
}, async () => {
  const running = await startStore();
  try {
    const real = createS3Store(running.config);
    // Without haste: the machine that runs this has other work.
    const proof = await provePromises(real, { limitMs: 50_000 });
    expect(proof.rounds).toBe(20);
    expect(await real.list('')).toEqual([]);
  } finally {
    await running.close();
  }
});

test('refuses a store that ignores the condition', async () => {
  const ignoring: ObjectStore = {
    ...store,
    async putIfAbsent(key, data) {
      await store.put(key, data);
      return true;
    },
  };
  expect(await reason(ignoring)).toContain(
    'of 64 conditional PUTs of one key at once, one may win; 64 did (round 1)',
  );
  expect(await store.list('')).toEqual([]);
});

test('refuses a store that looks first and writes then, also where that goes well most of the time', async () => {
  let puts = 0;
  const racing: ObjectStore = {
    ...store,
    async putIfAbsent(key, data) {
      puts += 1;
      // In the fifth round others come between looking and writing.
      const careful = puts < 4 * 65;
      if (await store.exists(key)) return false;
      if (!careful) await turn();
      await store.put(key, data);
      return true;
    },
  };
  // Looking and writing take a turn each in memory: careful ones must not interleave either.
  racing.putIfAbsent = serial(racing.putIfAbsent, () => puts < 4 * 65);
  expect(await reason(racing)).toMatch(/one may win; \d+ did \(round 5\)/);
});

/** Calls one after the other, as long as `while_` says so. */
function serial<Args extends unknown[], T>(call: (...args: Args) => Promise<T>, while_: () => boolean) {
  let last: Promise<unknown> = Promise.resolve();
  return (...args: Args): Promise<T> => {
    if (!while_()) return call(...args);
    const next = last.then(() => call(...args));
    last = next;
    return next;
  };
}

test.each<[string, (good: ObjectStore) => Partial<ObjectStore>, string]>([
  ['tells nobody that he won', () => ({ putIfAbsent: async () => false }), 'one may win; 0 did'],
  [
    "keeps a loser's bytes",
    (good) => ({
      async putIfAbsent(key, data) {
        const won = await good.putIfAbsent(key, data);
        await good.put(key, data);
        return won;
      },
    }),
    'a conditional PUT won ("round 0, writer 0"), and "round 0, writer 63" is stored',
  ],
  [
    'forgets the condition once a key is older',
    (good) => ({
      async putIfAbsent(key, data) {
        if (String(data) !== 'late') return good.putIfAbsent(key, data);
        await good.put(key, data);
        return true;
      },
    }),
    'a conditional PUT replaced an object that was there',
  ],
  [
    'gives old reads',
    (good) => {
      const old = new Map<string, Buffer>();
      return {
        async get(key) {
          const now = await good.get(key);
          const before = old.get(key) ?? now;
          old.set(key, now);
          return before;
        },
      };
    },
    '"round 1" was put, and "round 0" is read after it',
  ],
  [
    'lists late',
    (good) => ({ list: async (prefix) => (await good.list(prefix)).slice(1) }),
    'a list after it does not name it',
  ],
  ['removes late', () => ({ remove: async () => {} }), 'an object was removed, and can be read after it'],
  [
    'does not find what was put',
    () => ({ get: (key) => Promise.reject(new ObjectNotFound(key)) }),
    'and nothing is stored',
  ],
])('refuses a store that %s', async (_, change, message) => {
  expect(await reason({ ...store, ...change(store) })).toContain(message);
});

test('tells of a store that does not answer that it is slow, when its time is up', async () => {
  const silent: ObjectStore = { ...store, putIfAbsent: () => new Promise(() => {}) };
  const began = performance.now();
  await expect(provePromises(silent, { limitMs: 200 })).rejects.toMatchObject({
    code: 'DeadlineExceeded',
    message: expect.stringContaining('not one round of 64 conditional PUTs was answered within 200 ms'),
  });
  expect(performance.now() - began).toBeLessThan(5000);
});

test('names a fault at once, also where the store then hangs', async () => {
  const hanging: ObjectStore = {
    ...store,
    putIfAbsent: async () => true,
    remove: () => new Promise(() => {}),
  };
  expect(await reason(hanging, 300)).toContain('one may win; 64 did');
});

test('takes a slow store for what it has shown in its time', async () => {
  let puts = 0;
  const { promise: never } = Promise.withResolvers<boolean>();
  const slow: ObjectStore = {
    ...store,
    putIfAbsent(key, data) {
      puts += 1;
      // Two rounds, each with one that comes late; then nothing any more.
      return puts > 2 * 65 ? never : store.putIfAbsent(key, data);
    },
  };
  expect((await provePromises(slow, { limitMs: 300 })).rounds).toBe(2);
});

test('hands on what a call fails with', async () => {
  const denied: ObjectStore = {
    ...store,
    putIfAbsent: () => Promise.reject(new StoreError('no', 'AccessDenied')),
  };
  await expect(provePromises(denied)).rejects.toMatchObject({ code: 'AccessDenied' });
});
