import { mkdtemp, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decodeSafetensors, encodeSafetensors, type NamedTensor } from './codec.ts';
import { writeSparse } from './large-file.testing.ts';
import { openSafetensors, readSafetensors, type TensorFile } from './reader.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ddad-reader-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

const tensors = new Map<string, NamedTensor>([
  ['maps', { shape: [4, 2, 3], data: Float32Array.from({ length: 24 }, (_, i) => i / 8) }],
  ['bias', { shape: [], data: Float32Array.of(-7) }],
  ['none', { shape: [0, 5], data: new Float32Array() }],
  ['flat', { shape: [5, 0], data: new Float32Array() }],
]);

async function withFile<T>(content: Buffer | string, use: (file: TensorFile) => Promise<T>): Promise<T> {
  const path = join(folder, 'file');
  if (typeof content !== 'string') await writeFile(path, content);
  const file = await openSafetensors(typeof content === 'string' ? content : path);
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}

test('reads a whole file as one does that has it in memory', async () => {
  const path = join(folder, 'whole');
  const content = encodeSafetensors(tensors, { made: 'here' });
  await writeFile(path, content);
  expect(await readSafetensors(path)).toEqual(decodeSafetensors(content));
  await writeFile(path, content.subarray(0, -1));
  await expect(readSafetensors(path)).rejects.toThrow('expected');
});

test('tells shapes and metadata, and gives the rows that are asked for', async () => {
  await withFile(encodeSafetensors(tensors, { made: 'here' }), async (file) => {
    expect(file.metadata).toEqual({ made: 'here' });
    expect(new Map(file.shapes)).toEqual(new Map(Array.from(tensors, ([name, { shape }]) => [name, shape])));
    const { data } = tensors.get('maps')!;
    expect(await file.read('maps')).toEqual(data);
    expect(await file.read('maps', 1, 2)).toEqual(data.subarray(6, 18));
    expect(await file.read('maps', 3)).toEqual(data.subarray(18));
    expect(await file.read('maps', 4)).toEqual(new Float32Array());
    expect(await file.read('bias')).toEqual(Float32Array.of(-7));
    for (const empty of ['none', 'flat']) expect(await file.read(empty)).toEqual(new Float32Array());
  });
});

test('gives all values in pieces that need not end with a row', async () => {
  await withFile(encodeSafetensors(tensors), async (file) => {
    for (const most of [1, 5, 24, 1000]) {
      const lengths: number[] = [];
      const all: number[] = [];
      for await (const piece of file.pieces('maps', most)) {
        lengths.push(piece.length);
        all.push(...piece);
      }
      expect(all).toEqual([...tensors.get('maps')!.data]);
      expect(Math.max(...lengths)).toBe(Math.min(most, 24));
    }
    for await (const piece of file.pieces('none', 5)) expect.fail(`a piece of ${piece.length}`);
  });
});

test('refuses tensors and rows that are not there', async () => {
  await withFile(encodeSafetensors(tensors), async (file) => {
    await expect(file.read('map')).rejects.toThrow('expected a tensor of bias, flat, maps, none, got map');
    for (const [first, rows] of [
      [3, 2],
      [-1, 1],
      [0.5, 1],
      [5, undefined],
      [0, -1],
    ] as const) {
      await expect(file.read('maps', first, rows)).rejects.toThrow('maps: expected rows within 0 to 4, got');
    }
    await expect(file.read('none', 0, 1)).rejects.toThrow(
      'none: expected rows within 0 to 0, got 1 rows from 0',
    );
  });
});

test.each<[string, Buffer, string]>([
  ['nothing', Buffer.alloc(0), 'expected at least 8 bytes, got 0'],
  ['a header beyond the file', Buffer.from('ffffffffffffffff7b7d', 'hex'), 'expected at most 2 bytes'],
  ['a file that is cut short', encodeSafetensors(tensors).subarray(0, -4), 'expected data within'],
  [
    'a file that is too long',
    Buffer.concat([encodeSafetensors(tensors), Buffer.alloc(4)]),
    'bytes of data, got',
  ],
])('refuses %s when it is opened', async (_, content, message) => {
  await expect(withFile(content, async () => {})).rejects.toThrow(message);
});

test('says that a file was cut while it was open', async () => {
  const path = join(folder, 'cut');
  await writeFile(path, encodeSafetensors(tensors));
  await withFile(path, async (file) => {
    await truncate(path, (await stat(path)).size - 8);
    expect(await file.read('maps', 0, 3)).toHaveLength(18);
    await expect(file.read('maps')).rejects.toThrow('maps: expected data up to');
  });
});

test('reads a file of more than 2 GiB', async () => {
  const path = join(folder, 'large');
  const images = 150_000;
  await writeSparse(path, { maps: [images, 64, 64], scores: [images] }, [
    ['maps', 64 * 64 * images - 1, 5],
    ['maps', 64 * 64 * (images - 1), 4],
    ['scores', images - 2, 3],
  ]);
  expect((await stat(path)).size).toBeGreaterThan(2 ** 31);
  await withFile(path, async (file) => {
    const last = await file.read('maps', images - 1);
    expect([last.length, last[0], last[1], last[64 * 64 - 1]]).toEqual([64 * 64, 4, 0, 5]);
    expect([...(await file.read('scores', images - 3))]).toEqual([0, 3, 0]);
  });
});
