import { afterAll, beforeAll, expect, test } from 'vitest';
import { startStore } from './chosen-store.testing.ts';
import { ensureFitness, openFitStore, probesPrefix } from './fit-store.ts';
import { memoryStore } from './memory-store.testing.ts';
import { type ObjectStore, StoreError } from './object-store.ts';
import { createS3Store } from './s3-store.ts';
import { UnfitStore } from './store-promises.ts';
import type { RunningStore } from './store-server.testing.ts';

const place = { endpoint: 'http://127.0.0.1:9000', bucket: 'ddad' };

let running: RunningStore;
beforeAll(async () => {
  running = await startStore();
});
afterAll(() => running?.close());

/** Counts conditional PUTs that are not for the turn to try. */
function counting(store: ObjectStore): { store: ObjectStore; puts: () => number } {
  let puts = 0;
  return {
    store: {
      ...store,
      putIfAbsent(key, data) {
        if (!key.startsWith(`${probesPrefix}trial-`)) puts += 1;
        return store.putIfAbsent(key, data);
      },
    },
    puts: () => puts,
  };
}

test('of services that start at once the first tries a real store, and the others and later ones go by that', async () => {
  const all = Array.from({ length: 4 }, () => counting(createS3Store(running.config)));
  // Without haste: the machine that runs this has other work.
  const found = await Promise.all(
    all.map(({ store }) => ensureFitness(store, running.config, { limitMs: 40_000 })),
  );
  expect(found.filter(({ tried }) => tried)).toHaveLength(1);
  expect(all.map(({ puts }) => puts()).filter((count) => count > 0)).toEqual([20 * 65]);
  for (const { fitness } of found) {
    expect(fitness).toMatchObject({ endpoint: running.config.endpoint, bucket: 'ddad', rounds: 20 });
  }
  const store = createS3Store(running.config);
  expect((await store.list('')).map(({ key }) => key)).toEqual([
    expect.stringMatching(/^probes\/proven-1-[0-9a-f]{16}\.json$/),
  ]);

  const later = counting(store);
  expect((await ensureFitness(later.store, running.config)).tried).toBe(false);
  expect(later.puts()).toBe(0);
  expect((await openFitStore(running.config)).tried).toBe(false);
});

test('the same store at another endpoint, another bucket, and a proof that cannot be read are tried anew', async () => {
  const store = memoryStore();
  const tried = async (where: typeof place) => (await ensureFitness(store, where)).tried;
  expect(await tried(place)).toBe(true);
  expect(await tried({ ...place, endpoint: 'http://127.0.0.1:9000/' })).toBe(false);
  expect(await tried({ ...place, endpoint: 'http://127.0.0.1:9001' })).toBe(true);
  expect(await tried({ ...place, bucket: 'other' })).toBe(true);
  for (const { key } of await store.list(probesPrefix)) await store.put(key, '{"version":1');
  expect(await tried(place)).toBe(true);
  expect(await tried(place)).toBe(false);
});

test('an unfit store is refused at once with the reason, each time', async () => {
  const store = memoryStore();
  const ignoring: ObjectStore = {
    ...store,
    async putIfAbsent(key, data) {
      await store.put(key, data);
      return true;
    },
  };
  for (let start = 0; start < 2; start += 1) {
    const began = performance.now();
    const error = await ensureFitness(ignoring, place).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(UnfitStore);
    expect((error as Error).message).toContain('one may win; 64 did');
    expect((error as Error).message).not.toContain('\n');
    expect(performance.now() - began).toBeLessThan(5000);
  }
  expect(await store.list('')).toEqual([]);
});

test('one that died while it tried is not waited for for long', async () => {
  const store = memoryStore();
  await ensureFitness(store, place);
  const [proof] = await store.list(probesPrefix);
  await store.remove([proof!.key]);
  await store.put(proof!.key.replace('proven', 'trial').replace('.json', ''), '');
  expect((await ensureFitness(store, place, { limitMs: 300 })).tried).toBe(true);
  expect(await store.list(probesPrefix)).toMatchObject([{ key: proof!.key }]);
});

test('a store that is away at first is waited for, and one that stays away is named', async () => {
  const store = memoryStore();
  const away = new StoreError('object store at nowhere: could not get x: ECONNREFUSED', 'ECONNREFUSED');
  let calls = 0;
  const late: ObjectStore = {
    ...store,
    async get(key) {
      calls += 1;
      if (calls < 3) throw away;
      return store.get(key);
    },
  };
  const heard: StoreError[] = [];
  const found = await ensureFitness(late, place, { onWaiting: (reason) => heard.push(reason) });
  expect(found.tried).toBe(true);
  expect(heard).toEqual([away]);

  const gone: ObjectStore = { ...store, get: () => Promise.reject(away) };
  await expect(ensureFitness(gone, place, { patienceMs: 600 })).rejects.toBe(away);
});
