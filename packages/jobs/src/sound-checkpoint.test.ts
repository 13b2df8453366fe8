import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '@ddad/platform';
import { listCheckpoints, type ObjectStore, StoreError, saveCheckpoint } from '@ddad/storage';
import { encodeSafetensors } from '@ddad/storage/safetensors';
import { memoryStore } from '@ddad/storage/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readCheckpointFile, writeCheckpointFile } from './checkpoint-file.ts';
import { fetchSoundCheckpoint } from './sound-checkpoint.ts';

const key = 'c'.repeat(64);
let folder: string;
let store: ObjectStore;
let lines: Record<string, unknown>[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ddad-sound-'));
  store = memoryStore();
  lines = [];
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

const note = (fields: object, message: string) => void lines.push({ message, ...fields });
const logger = Object.assign(createLogger('test', 'silent'), { info: note, warn: note });
const fetch = (from: ObjectStore = store) =>
  fetchSoundCheckpoint({ store: from, kind: 'members', key, logger }, folder);
const said = (message: string) => lines.filter((line) => line.message === message);

/** Stores checkpoints after so many steps. */
async function saved(...steps: number[]): Promise<void> {
  for (const done of steps) {
    const path = join(folder, 'written');
    const tensors = new Map([['weight', { shape: [3], data: Float32Array.of(done, 1, 2) }]]);
    await writeCheckpointFile(path, { steps: done, lossSum: 0, history: [], seconds: 1, tensors });
    await saveCheckpoint(store, 'members', key, 1, done, path);
  }
}

const stored = () => listCheckpoints(store, 'members', key);
const asides = async () =>
  (await store.list(`checkpoints/members/${key}/`))
    .map((entry) => entry.key)
    .filter((name) => name.includes('set-aside'));

/** Changes the content of the newest checkpoint, its name staying. */
async function harmed(change: (content: Buffer) => Buffer): Promise<string> {
  const [newest] = await stored();
  await store.put(newest!.object, change(Buffer.from(await store.get(newest!.object))));
  return newest!.object;
}

test('gives the newest checkpoint, and null where there is none', async () => {
  expect(await fetch()).toBeNull();
  await saved(3, 5);
  const found = await fetch();
  expect(found?.done).toBe(5);
  expect((await readCheckpointFile(found!.path)).steps).toBe(5);
  expect(said('going on from a checkpoint')).toMatchObject([{ key, steps: 5, object: found!.object }]);
});

test.each<[string, (content: Buffer) => Buffer]>([
  [
    'two flipped bits of a weight',
    (content) => {
      content.writeUInt8(content.readUInt8(content.length - 10) ^ 0x11, content.length - 10);
      return content;
    },
  ],
  [
    'a NaN',
    (content) => {
      content.writeFloatLE(Number.NaN, content.length - 4);
      return content;
    },
  ],
  [
    'a shorter tensor',
    () => encodeSafetensors(new Map([['weight', { shape: [1], data: Float32Array.of(1) }]])),
  ],
  ['a cut end', (content) => content.subarray(0, -2)],
  ['nothing', () => Buffer.alloc(0)],
])('sets one with %s aside, names it, and gives the one before it', async (_, change) => {
  await saved(3, 5);
  const object = await harmed(change);
  const content = await store.get(object);
  const found = await fetch();
  expect(found?.done).toBe(3);
  const [aside] = await asides();
  expect(said('a damaged checkpoint is set aside')).toMatchObject([
    {
      key,
      steps: 5,
      object,
      setAside: aside,
      fault: expect.stringContaining(`${object}: expected content with`),
    },
  ]);
  expect((await store.get(aside!)).equals(content)).toBe(true);
  expect((await stored()).map(({ done }) => done)).toEqual([3]);
  // The next one does not meet it again.
  lines = [];
  expect((await fetch())?.done).toBe(3);
  expect(said('a checkpoint could not be read')).toEqual([]);
});

test('begins anew where none is sound', async () => {
  await saved(3);
  await harmed(() => Buffer.from('x'));
  expect(await fetch()).toBeNull();
  expect(await stored()).toEqual([]);
  expect(await asides()).toHaveLength(1);
});

test('sets aside at once what was stored wrong: the digest is that of its bytes', async () => {
  await saved(3);
  const tensors = new Map([['weight', { shape: [1], data: Float32Array.of(Number.NaN) }]]);
  const path = join(folder, 'wrong');
  await writeCheckpointFile(path, { steps: 9, lossSum: 0, history: [], seconds: 1, tensors });
  await saveCheckpoint(store, 'members', key, 1, 9, path);
  expect((await fetch())?.done).toBe(3);
  expect(said('a checkpoint could not be read')).toHaveLength(1);
  expect(said('a damaged checkpoint is set aside')).toMatchObject([
    { fault: 'safetensors: weight[0]: expected a finite number, got NaN' },
  ]);
});

test('takes a checkpoint whose bytes were wrong on their way only', async () => {
  await saved(5);
  let reads = 0;
  const shaky: ObjectStore = {
    ...store,
    async getToFile(object, path) {
      reads += 1;
      if (reads === 1) {
        const other = memoryStore();
        await other.put(object, 'half');
        return other.getToFile(object, path);
      }
      return store.getToFile(object, path);
    },
  };
  expect((await fetch(shaky))?.done).toBe(5);
  expect(await asides()).toEqual([]);
});

test('passes over what the store cannot give, and leaves it where it is', async () => {
  await saved(3, 5);
  const [newest] = await stored();
  const broken: ObjectStore = {
    ...store,
    getToFile: (object, path) =>
      object === newest!.object
        ? Promise.reject(new StoreError('Retryable HTTP status: 503', 'Unknown'))
        : store.getToFile(object, path),
  };
  expect((await fetch(broken))?.done).toBe(3);
  expect(said('a checkpoint could not be read')).toHaveLength(2);
  expect(await stored()).toHaveLength(2);
});

test.each(['ENOSPC', 'EMFILE'])(
  'fails, and blames no checkpoint, where this machine answers %s',
  async (code) => {
    await saved(5);
    const full: ObjectStore = {
      ...store,
      getToFile: () => Promise.reject(new StoreError('could not get', code)),
    };
    await expect(fetch(full)).rejects.toMatchObject({ code });
    expect(await stored()).toHaveLength(1);
    expect(await asides()).toEqual([]);
  },
);

test('fails where the store goes away, and goes on without a damaged one where it may not move it', async () => {
  await saved(3, 5);
  const object = await harmed(() => Buffer.from('x'));
  const may = (code: string): ObjectStore => ({
    ...store,
    putFile: () => Promise.reject(new StoreError('no', code)),
  });
  await expect(fetch(may('ECONNREFUSED'))).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  expect((await fetch(may('AccessDenied')))?.done).toBe(3);
  expect((await store.get(object)).toString()).toBe('x');
  expect(await readFile(join(folder, 'resume.safetensors'))).not.toHaveLength(0);
});
