import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { latestCheckpoint, removeCheckpoints, saveCheckpoint } from './checkpoints.ts';
import { type RunningMinio, startMinio } from './minio-server.testing.ts';
import type { ObjectStore } from './object-store.ts';
import { createS3Store } from './s3-store.ts';

let minio: RunningMinio;
let store: ObjectStore;
let folder: string;
let file: string;

beforeAll(async () => {
  minio = await startMinio();
  store = createS3Store(minio.config);
  folder = await mkdtemp('/tmp/ddad-checkpoints-');
  file = join(folder, 'state');
  await writeFile(file, 'state');
});

afterAll(async () => {
  await minio.close();
  await rm(folder, { recursive: true, force: true });
});

const objects = async (key: string) =>
  (await store.list(`checkpoints/members/${key}/`)).map((entry) => entry.key.split('/').at(-1));

test('gives the newest checkpoint and keeps no older one', async () => {
  expect(await latestCheckpoint(store, 'members', 'a')).toBeNull();
  await saveCheckpoint(store, 'members', 'a', 1, 9, file);
  await saveCheckpoint(store, 'members', 'a', 1, 10, file);
  expect(await latestCheckpoint(store, 'members', 'a')).toEqual({
    object: 'checkpoints/members/a/0000000000000001-0000000000000010.safetensors',
    done: 10,
  });
  expect(await objects('a')).toEqual(['0000000000000001-0000000000000010.safetensors']);
  expect(
    (await store.get('checkpoints/members/a/0000000000000001-0000000000000010.safetensors')).toString(),
  ).toBe('state');
});

test('does not let an attempt that is behind remove the progress of another', async () => {
  await saveCheckpoint(store, 'members', 'b', 2, 50, file);
  await saveCheckpoint(store, 'members', 'b', 1, 40, file);
  expect((await latestCheckpoint(store, 'members', 'b'))?.done).toBe(50);
  await saveCheckpoint(store, 'members', 'b', 3, 50, file);
  expect((await latestCheckpoint(store, 'members', 'b'))?.object).toMatch(
    /0000000000000003-0000000000000050/,
  );
  await saveCheckpoint(store, 'members', 'b', 3, 60, file);
  expect(await objects('b')).toEqual(['0000000000000003-0000000000000060.safetensors']);
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
