import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeSafetensors, type ObjectStore, readWeightsRecord } from '@ddad/storage';
import { memoryStore } from '@ddad/storage/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { recordedScreens } from '../screens-for-tests.ts';
import { addWeights, listWeightsCommand, removeWeightsCommand } from './weights.ts';

let folder: string;
let store: ObjectStore;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ddad-weights-'));
  store = memoryStore();
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function fileOf(content: Buffer): Promise<string> {
  const file = join(folder, 'weights');
  await writeFile(file, content);
  return file;
}
const tensors = (value: number) =>
  encodeSafetensors(new Map([['conv.weight', { shape: [2, 1], data: Float32Array.of(1, value) }]]));

async function add(content: Buffer, options: { name?: string } = {}): Promise<string> {
  const screens = recordedScreens();
  await addWeights({ store, screens }, { name: 'mine', file: await fileOf(content), ...options });
  return screens.out.text();
}

test('adds a file, says when nothing changed, and lists and removes what it stored', async () => {
  expect(await add(tensors(2))).toMatch(/^added weights mine: 1 tensor, 2 values; key [0-9a-f]{12}\n$/);
  expect(await add(tensors(2))).toMatch(/^already there, unchanged: weights mine: /);
  expect(await add(tensors(3))).toMatch(/^replaced weights mine: /);
  const record = await readWeightsRecord(store, 'mine');

  const screens = recordedScreens();
  expect(await listWeightsCommand({ store, screens })).toEqual([record]);
  expect(screens.out.text()).toMatch(/^mine +1 +2 +[0-9a-f]{12} /m);
  const removed = recordedScreens();
  await removeWeightsCommand({ store, screens: removed }, 'mine');
  expect(removed.out.text()).toMatch(/^removed weights mine; key /);
  await expect(removeWeightsCommand({ store, screens: removed }, 'mine')).rejects.toThrow(
    'no weights mine; "npx ddad weights list" lists them',
  );
});

test('refuses a file of torch.save with how to convert it, and never reads its program', async () => {
  for (const content of [Buffer.from('PK\x03\x04archive/data.pkl', 'latin1'), Buffer.from([0x80, 2, 0x63])]) {
    await expect(add(content)).rejects.toThrow(
      /got a file of torch\.save.*\n?.*python -c .*weights_only=True/,
    );
  }
  expect(await store.list('')).toEqual([]);
});

test('refuses what is no file of weights, and names that cannot be kept', async () => {
  await expect(add(Buffer.from('no weights at all'))).rejects.toThrow(
    /FILE: .*safetensors: header: expected/,
  );
  await expect(add(encodeSafetensors(new Map()))).rejects.toThrow(
    'FILE: expected tensors of floating-point numbers, got none',
  );
  await expect(add(tensors(1), { name: 'Mine' })).rejects.toThrow(/NAME: expected .*, got "Mine"/);
  const missing = { name: 'mine', file: join(folder, 'nothing') };
  await expect(addWeights({ store, screens: recordedScreens() }, missing)).rejects.toThrow(
    /FILE: expected a file that can be read, got .*nothing: ENOENT/,
  );
  expect(await store.list('')).toEqual([]);
});
