import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { artifactKey, datasetKeys } from '@ddad/contract';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { saveCheckpoint, setAsideCheckpoint } from './checkpoints.ts';
import { startStore } from './chosen-store.testing.ts';
import { readIntactManifest } from './intact-manifests.ts';
import { type Claims, countLeftOvers, findLeftOvers, type LeftOver, removeLeftOvers } from './left-overs.ts';
import { type FinishedArtifact, manifestKey, publishArtifact } from './manifests.ts';
import type { ObjectStore } from './object-store.ts';
import { createS3Store } from './s3-store.ts';
import type { RunningStore } from './store-server.testing.ts';

let running: RunningStore;
let folder: string;
let store: ObjectStore;
beforeAll(async () => {
  running = await startStore();
  folder = await mkdtemp(join(tmpdir(), 'ddad-left-overs-'));
  store = createS3Store(running.config);
});
afterAll(async () => {
  await running?.close();
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  await store.remove((await store.list('')).map(({ key }) => key));
});

const hour = 3600 * 1000;
const day = 24 * hour;
const nobody: Claims = { underWay: new Set(), unknown: [], named: null, packings: null };
const claims = (some: Partial<Claims> = {}) => ({ claims: async () => ({ ...nobody, ...some }) });

/** The store as it is after so many milliseconds, by its own clock; ours knows nothing of it. */
function after(milliseconds: number): ObjectStore {
  return { ...store, now: async () => new Date((await store.now()).getTime() + milliseconds) };
}

let files = 0;
async function file(content: string): Promise<string> {
  files += 1;
  const path = join(folder, String(files));
  await writeFile(path, content);
  return path;
}

async function artifact(name: string, content = name): Promise<FinishedArtifact> {
  const spec = { name };
  return {
    kind: 'members',
    key: artifactKey(spec),
    spec,
    loss: null,
    seconds: 1,
    worker: 'w',
    environment: {},
    files: { weights: await file(content) },
  };
}

async function published(name: string): Promise<string> {
  return (await publishArtifact(store, await artifact(name))).manifest.key;
}

const digit = (of: string) => of.repeat(64);
const byReason = (found: readonly LeftOver[]) =>
  Object.fromEntries(
    countLeftOvers(found).map(({ reason }) => [
      reason,
      found
        .filter((one) => one.reason === reason)
        .map(({ key }) => key)
        .sort(),
    ]),
  );

/** One of each. @returns keys of artifacts, and objects by what is wrong with them */
async function everything() {
  const whole = await published('whole');
  const lone = artifactKey({ name: 'lone' });
  const [orphan, half] = [`members/${whole}/${digit('a')}`, `members/${lone}/${digit('b')}`];
  for (const object of [orphan, half]) await store.put(object, 'orphan');

  await saveCheckpoint(store, 'members', whole, 1, 10, await file('ten'));
  const [late] = await store.list(`checkpoints/members/${whole}/`);
  await saveCheckpoint(store, 'members', lone, 1, 10, await file('ten'));
  await saveCheckpoint(store, 'members', lone, 1, 20, await file('twenty'));
  const ended = (await store.list(`checkpoints/members/${lone}/`)).map(({ key }) => key);
  const bad = artifactKey({ name: 'bad' });
  const damaged = `checkpoints/members/${bad}/${'0'.repeat(16)}-${'0'.repeat(16)}-${digit('c')}.safetensors`;
  await store.put(damaged, 'x');
  const badCheckpoint = await setAsideCheckpoint(
    store,
    { object: damaged, done: 0, sha256: digit('c') },
    await file('x'),
  );
  await store.put(manifestKey('members', bad), 'cut o');
  const { damage } = await readIntactManifest(store, 'members', bad);

  const trial = 'probes/0b0f/contested-1';
  await store.put(trial, 'x');
  const others = [
    'probes/proven-1-0123.json',
    'datasets/brain/record.json',
    'reports/r/report.json',
    'experiments/e/experiment.json',
    `reports/${digit('d')}/${digit('e')}`,
    'raw/scan.png',
    `members/not-a-key/${digit('a')}`,
    `members/${whole}/notes.txt`,
    `members/${whole}/deeper/${digit('a')}`,
  ];
  for (const object of others) await store.put(object, 'not ours to judge');
  return {
    whole,
    lone,
    orphan,
    half,
    late: late!.key,
    ended,
    setAside: [badCheckpoint, damage!.setAside].sort(),
    trial,
    others,
  };
}

test('finds every sort of left-over at its age, and nothing else', async () => {
  const all = await everything();
  const finished = { finished: [all.late] };
  expect(byReason(await findLeftOvers(store, claims()))).toEqual(finished);
  expect(byReason(await findLeftOvers(after(day - hour), claims()))).toEqual(finished);
  const unnamed = { unnamed: [all.half, all.orphan].sort(), trial: [all.trial] };
  expect(byReason(await findLeftOvers(after(day + hour), claims()))).toEqual({ ...finished, ...unnamed });
  const old = { ended: all.ended, 'set-aside': all.setAside };
  const everythingOld = { ...finished, ...unnamed, ...old };
  expect(byReason(await findLeftOvers(after(7 * day + hour), claims()))).toEqual(everythingOld);
  expect(byReason(await findLeftOvers(after(2 * day), { ...claims(), olderThanMs: day + hour }))).toEqual(
    everythingOld,
  );
  // One minute old at the most: sizes are counted, too.
  expect(countLeftOvers(await findLeftOvers(store, claims()))).toEqual([
    { reason: 'finished', objects: 1, bytes: 3 },
  ]);
});

test('an artifact is unwanted where no run names it, once it is a day old', async () => {
  const [kept, gone] = [await published('kept'), await published('gone')];
  const named = claims({ named: new Set([kept]) });
  const find = async (ms: number, of = named) => byReason(await findLeftOvers(after(ms), of));
  expect(await find(day - hour)).toEqual({});
  expect(await find(day + hour)).toEqual({
    unwanted: (await store.list(`members/${gone}/`)).map(({ key }) => key),
  });
  expect(await find(day + hour, claims())).toEqual({});
});

test('packed images are nameless where no name stands for them and no run reads them, once they are a day old', async () => {
  const [named, gone, half] = [digit('1'), digit('2'), digit('3')];
  const { index, pixels, masks } = datasetKeys;
  const objects = [index, pixels, masks].map((of) => of(gone)).sort();
  for (const object of [index(named), pixels(named), ...objects, pixels(half)]) await store.put(object, 'x');
  // Named otherwise: not ours to judge.
  const others = ['datasets/brain/index.json', `datasets/${gone}/notes.txt`];
  for (const object of others) await store.put(object, 'x');
  const options = claims({ packings: new Set([named]) });
  const find = async (ms: number, of = options) => byReason(await findLeftOvers(after(ms), of));
  expect(await find(day - hour)).toEqual({});
  expect(await find(day + hour)).toEqual({ nameless: [...objects, pixels(half)] });
  expect(await find(day + hour, claims())).toEqual({});
  expect(await find(day + hour, claims({ packings: new Set([named]), unknown: ['run'] }))).toEqual({});

  const found = await findLeftOvers(after(day + hour), options);
  const removed = await removeLeftOvers(
    after(day + hour),
    found,
    // One of them got a name, or a run that reads it, after it was found.
    claims({ packings: new Set([named, half]) }),
  );
  expect(byReason(removed)).toEqual({ nameless: objects });
  const left = (await store.list('')).map(({ key }) => key);
  expect(left).toEqual([...others, index(named), pixels(named), pixels(half)].sort());
});

test('packed images that are added again between finding and removing stay', async () => {
  const digest = digit('2');
  for (const object of [datasetKeys.index(digest), datasetKeys.pixels(digest)]) await store.put(object, 'x');
  const options = claims({ packings: new Set() });
  const found = await findLeftOvers(after(day + hour), options);
  expect(found).toHaveLength(2);
  const aged = after(day + hour);
  const anew: ObjectStore = {
    ...aged,
    async list(prefix) {
      const putAt = await aged.now();
      return (await store.list(prefix)).map((entry) =>
        entry.key === datasetKeys.pixels(digest) ? { ...entry, modified: putAt } : entry,
      );
    },
  };
  expect(await removeLeftOvers(anew, found, options)).toEqual([]);
  expect(await store.list('')).toHaveLength(2);
});

test('nothing of a run under way is left over, and while its artifacts are not known no attempt counts as ended', async () => {
  const { whole, lone, orphan, late, trial } = await everything();
  const find = async (some: Partial<Claims>) => byReason(await findLeftOvers(after(8 * day), claims(some)));
  const mine = await find({ underWay: new Set([whole, lone]), named: new Set() });
  expect(Object.values(mine).flat().join()).not.toMatch(new RegExp(`${whole}|${lone}`));
  const unsure = await find({ unknown: ['run'], named: new Set() });
  expect(Object.keys(unsure)).toEqual(['unnamed', 'finished', 'set-aside', 'trial']);
  expect(unsure.unnamed).toContain(orphan);
  expect(unsure).toMatchObject({ finished: [late], trial: [trial] });
});

test('removes what it found, and what is published stays whole', async () => {
  const all = await everything();
  const aged = after(8 * day);
  const unwanted = await published('unwanted');
  const options = claims({ named: new Set([all.whole]) });
  const found = await findLeftOvers(aged, options);
  expect(byReason(await removeLeftOvers(aged, found, options))).toEqual(byReason(found));
  const left = (await store.list('')).map(({ key }) => key);
  expect(left).toEqual(
    [
      ...all.others,
      manifestKey('members', all.whole),
      (await readIntactManifest(store, 'members', all.whole, { digests: true })).manifest!.files.weights!
        .object,
    ].sort(),
  );
  expect(left.join()).not.toContain(unwanted);
  expect(await findLeftOvers(aged, options)).toEqual([]);
});

test('what is published, wanted or gone on with between finding and removing stays', async () => {
  const { lone, ended } = await everything();
  const reused = await published('reused');
  const late = await artifact('late', 'the very bytes');
  // Its file lies there since an earlier attempt that never came to the manifest.
  await publishArtifact(store, late);
  await store.remove([manifestKey('members', late.key)]);
  const aged = after(8 * day);
  const found = await findLeftOvers(aged, claims({ named: new Set() }));
  expect(found.map(({ key }) => key).join()).toContain(`members/${late.key}/`);

  await publishArtifact(store, late);
  await store.put(ended[0]!, 'put anew');
  const removed = await removeLeftOvers(
    aged,
    found,
    claims({ named: new Set([reused]), underWay: new Set([lone]) }),
  );
  const gone = removed.map(({ key }) => key).join();
  for (const key of [late.key, reused, lone]) expect(gone).not.toContain(key);
  for (const key of [late.key, reused]) {
    const { manifest, damage } = await readIntactManifest(store, 'members', key, { digests: true });
    expect(manifest?.key).toBe(key);
    expect(damage).toBeNull();
  }
});

test('ends between two artifacts', async () => {
  for (const name of ['a', 'b', 'c']) {
    await saveCheckpoint(store, 'members', await published(name), 1, 1, await file(name));
  }
  const ending = new AbortController();
  const found = await findLeftOvers(store, claims());
  expect(found).toHaveLength(3);
  const ended: ObjectStore = {
    ...store,
    async remove(keys) {
      await store.remove(keys);
      if (keys.length > 0) ending.abort();
    },
  };
  const removed = await removeLeftOvers(ended, found, { ...claims(), signal: ending.signal });
  expect(removed).toHaveLength(1);
  expect(await findLeftOvers(store, claims())).toHaveLength(2);
});

test('artifacts that are published while left-overs are removed are whole', { timeout: 60_000 }, async () => {
  // Seconds instead of days: files are put, and their manifest follows half a second later.
  const graceMs = 4000;
  const slow: ObjectStore = {
    ...store,
    async putFile(key, path) {
      await store.putFile(key, path);
      await delay(300 + Math.random() * 400);
    },
  };
  let publishing = true;
  const underWay = new Set<string>();
  const options = { claims: async () => ({ ...nobody, underWay }), olderThanMs: graceMs, graceMs };
  const keys: string[] = [];
  const publishers = Array.from({ length: 4 }, async (_, publisher) => {
    for (let count = 0; count < 12; count += 1) {
      // Two publishers each race for the same key with other bytes; every third was begun before, as a run under way knows.
      const name = `${publisher % 2}-${count}`;
      const one = await artifact(name, `${name} by ${publisher}`);
      if (count % 3 === 0) {
        underWay.add(one.key);
        await store.put(`members/${one.key}/${digit('a')}`, 'of an earlier attempt');
      }
      await saveCheckpoint(store, 'members', one.key, publisher, count + 1, await file(name));
      await publishArtifact(slow, one);
      keys.push(one.key);
    }
  });
  const orphans = Array.from(
    { length: 20 },
    (_, at) => `members/${artifactKey({ orphan: at })}/${digit('f')}`,
  );
  for (const object of orphans) await store.put(object, 'old');
  const removed: LeftOver[] = [];
  const pruning = (async () => {
    while (publishing) {
      removed.push(...(await removeLeftOvers(store, await findLeftOvers(store, options), options)));
      await delay(20);
    }
  })();
  await Promise.all(publishers);
  publishing = false;
  await pruning;

  expect(new Set(keys).size).toBe(24);
  for (const key of keys) {
    const { manifest, damage } = await readIntactManifest(store, 'members', key, { digests: true });
    expect(damage).toBeNull();
    expect(manifest?.key).toBe(key);
  }
  // It was at work all the while.
  const reasons = byReason(removed);
  expect(reasons.unnamed).toEqual(expect.arrayContaining(orphans));
  expect(reasons.finished!.length).toBeGreaterThan(0);
  expect(Object.keys(reasons)).toEqual(expect.not.arrayContaining(['unwanted']));
});
