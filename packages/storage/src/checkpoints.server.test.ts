import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  DamagedCheckpoint,
  fetchCheckpoint,
  latestCheckpoint,
  listCheckpoints,
  removeCheckpoints,
  saveCheckpoint,
  setAsideCheckpoint,
} from './checkpoints.ts';
import { startStore } from './chosen-store.testing.ts';
import type { ObjectStore } from './object-store.ts';
import { createS3Store } from './s3-store.ts';
import type { RunningStore } from './store-server.testing.ts';

let running: RunningStore;
let store: ObjectStore;
let folder: string;
let file: string;
/** Of "state", the content of `file`. */
const sha256 = createHash('sha256').update('state').digest('hex');

beforeAll(async () => {
  running = await startStore();
  store = createS3Store(running.config);
  folder = await mkdtemp('/tmp/ddad-checkpoints-');
  file = join(folder, 'state');
  await writeFile(file, 'state');
});

afterAll(async () => {
  await running.close();
  await rm(folder, { recursive: true, force: true });
});

const stepsOf = async (key: string) => (await listCheckpoints(store, 'members', key)).map(({ done }) => done);

test('names the newest checkpoint, with its digest, and gives what was put', async () => {
  expect(await latestCheckpoint(store, 'members', 'a')).toBeNull();
  await saveCheckpoint(store, 'members', 'a', 1, 9, file);
  await saveCheckpoint(store, 'members', 'a', 1, 10, file);
  const latest = await latestCheckpoint(store, 'members', 'a');
  expect(latest).toEqual({
    object: `checkpoints/members/a/0000000000000001-0000000000000010-${sha256}.safetensors`,
    done: 10,
    sha256,
  });
  const copy = join(folder, 'copy');
  await fetchCheckpoint(store, latest!, copy);
  expect(await readFile(copy, 'utf8')).toBe('state');
});

test('keeps the newest two', async () => {
  for (const done of [9, 10, 11, 25]) await saveCheckpoint(store, 'members', 'two', 1, done, file);
  expect(await stepsOf('two')).toEqual([25, 11]);
});

test('does not let an attempt that is behind remove the progress of another', async () => {
  await saveCheckpoint(store, 'members', 'b', 2, 50, file);
  await saveCheckpoint(store, 'members', 'b', 1, 40, file);
  await saveCheckpoint(store, 'members', 'b', 1, 45, file);
  expect(await stepsOf('b')).toEqual([50, 45, 40]);
  await saveCheckpoint(store, 'members', 'b', 3, 50, file);
  const [latest] = await listCheckpoints(store, 'members', 'b');
  expect(latest?.object).toMatch(/0000000000000003-0000000000000050/);
  expect(await stepsOf('b')).toEqual([50, 50, 45]);
  await saveCheckpoint(store, 'members', 'b', 3, 60, file);
  const left = await listCheckpoints(store, 'members', 'b');
  expect(left).toHaveLength(2);
  expect(left[1]?.object).toMatch(/0000000000000003-0000000000000050/);
});

test.each([
  ['cut short', 'stat'],
  ['changed', 'statf'],
  ['emptied', ''],
])('tells that one was %s, and sets it aside beside the others', async (how, content) => {
  const key = `damaged-${content}`;
  await saveCheckpoint(store, 'members', key, 1, 5, file);
  await saveCheckpoint(store, 'members', key, 1, 6, file);
  const [newest, older] = await listCheckpoints(store, 'members', key);
  await store.put(newest!.object, content);
  const copy = join(folder, how);
  const error = await fetchCheckpoint(store, newest!, copy).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(DamagedCheckpoint);
  expect((error as Error).message).toMatch(
    new RegExp(
      `^${newest!.object}: expected content with SHA-256 ${sha256}, got ${content.length} bytes with`,
    ),
  );
  const aside = await setAsideCheckpoint(store, newest!, copy);
  expect(aside).toBe(
    `checkpoints/members/${key}/set-aside-0000000000000001-0000000000000006-${sha256}.safetensors`,
  );
  expect((await store.get(aside)).toString()).toBe(content);
  expect(await listCheckpoints(store, 'members', key)).toEqual([older]);
  await removeCheckpoints(store, 'members', key);
  expect(await store.list(`checkpoints/members/${key}/`)).toEqual([]);
});

test('knows no checkpoint whose name has no digest', async () => {
  await store.put('checkpoints/members/old/0000000000000001-0000000000000010.safetensors', 'state');
  expect(await latestCheckpoint(store, 'members', 'old')).toBeNull();
});

test('removes the checkpoints of one artifact and no others', async () => {
  await saveCheckpoint(store, 'members', 'c', 1, 5, file);
  await saveCheckpoint(store, 'members', 'cc', 1, 5, file);
  await saveCheckpoint(store, 'refiners', 'c', 1, 5, file);
  await removeCheckpoints(store, 'members', 'c');
  expect(await latestCheckpoint(store, 'members', 'c')).toBeNull();
  expect((await latestCheckpoint(store, 'members', 'cc'))?.done).toBe(5);
  expect((await latestCheckpoint(store, 'refiners', 'c'))?.done).toBe(5);
});

test('refuses numbers whose names would not sort or be exact', async () => {
  await expect(saveCheckpoint(store, 'members', 'd', 1, 2 ** 53, file)).rejects.toThrow(
    'checkpoint: expected done from 0 to 9007199254740991, got 9007199254740992',
  );
  await expect(saveCheckpoint(store, 'members', 'd', -1, 1, file)).rejects.toThrow(/expected attempt/);
});
