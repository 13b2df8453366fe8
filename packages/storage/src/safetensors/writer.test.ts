import { mkdtemp, open, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { encodeSafetensors, type NamedTensor } from './codec.ts';
import { encodeHeader } from './layout.ts';
import { SafetensorsWriter, writeSafetensors } from './writer.ts';

let folder: string;
let path: string;
const folders: string[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ddad-writer-'));
  folders.push(folder);
  path = join(folder, 'made.safetensors');
});
afterAll(async () => {
  for (const one of folders) await rm(one, { recursive: true });
});

const tensors = new Map<string, NamedTensor>([
  ['b', { shape: [7, 2, 3], data: Float32Array.from({ length: 42 }, (_, i) => Math.sin(i)) }],
  ['a', { shape: [7, 4], data: Float32Array.from({ length: 28 }, (_, i) => -i) }],
  ['scalar', { shape: [], data: Float32Array.of(0.1) }],
  ['none', { shape: [0, 5], data: new Float32Array() }],
  ['flat', { shape: [5, 0], data: new Float32Array() }],
]);
const shapes = new Map(Array.from(tensors, ([name, { shape }]) => [name, shape]));
const metadata = { z: 'last', epoch: '7' };

test.each([1, 2, 3, 7])(
  'writes the bytes of the whole encoding, %i rows of each tensor in turn',
  async (rows) => {
    const writer = await SafetensorsWriter.create(path, shapes, metadata);
    await writer.write('scalar', Float32Array.of(0.1));
    for (let row = 0; row < 7; row += rows) {
      await writer.write('b', tensors.get('b')!.data.subarray(row * 6, (row + rows) * 6));
      await writer.write('a', tensors.get('a')!.data.subarray(row * 4, (row + rows) * 4));
    }
    expect((await readdir(folder)).includes('made.safetensors')).toBe(false);
    await writer.close();
    await writer.discard();
    expect(await readFile(path)).toEqual(encodeSafetensors(tensors, metadata));
    expect(await readdir(folder)).toEqual(['made.safetensors']);
  },
);

test('keeps the order of rows that are handed over without waiting', async () => {
  const writer = await SafetensorsWriter.create(path, shapes);
  const writes = [writer.write('scalar', Float32Array.of(0.1))];
  for (let row = 0; row < 7; row += 1) {
    for (const [name, values] of [
      ['b', 6],
      ['a', 4],
    ] as const) {
      writes.push(writer.write(name, tensors.get(name)!.data.subarray(row * values, (row + 1) * values)));
    }
  }
  await Promise.all(writes);
  await writer.close();
  expect(await readFile(path)).toEqual(encodeSafetensors(tensors));
});

test('writes whole tensors without a copy of them', async () => {
  await writeSafetensors(path, tensors, metadata);
  expect(await readFile(path)).toEqual(encodeSafetensors(tensors, metadata));
  const wrong = new Map([['x', { shape: [2, 2], data: Float32Array.of(1, 2) }]]);
  await expect(writeSafetensors(join(folder, 'wrong'), wrong)).rejects.toThrow('x: expected 2 rows, got 1');
  expect(await readdir(folder)).toEqual(['made.safetensors']);
});

test('gives no file where rows are missing, and says which', async () => {
  const writer = await SafetensorsWriter.create(path, shapes);
  await writer.write('b', new Float32Array(12));
  await expect(writer.close()).rejects.toThrow(
    'safetensors: a: expected 7 rows, got 0; b: expected 7 rows, got 2; scalar: expected 1 rows, got 0',
  );
  expect(await readdir(folder)).toEqual([]);
});

test('refuses other tensors, parts of a row and further rows', async () => {
  const writer = await SafetensorsWriter.create(path, shapes);
  await expect(writer.write('c', new Float32Array(1))).rejects.toThrow('expected a tensor of a, b, flat');
  await expect(writer.write('a', new Float32Array(5))).rejects.toThrow(
    'a: expected up to 7 rows of 4 values, got 5 values',
  );
  await writer.write('a', new Float32Array(24));
  await expect(writer.write('a', new Float32Array(8))).rejects.toThrow(
    'a: expected up to 1 rows of 4 values',
  );
  await expect(writer.write('flat', new Float32Array(1))).rejects.toThrow(
    'flat: expected up to 5 rows of 0 values',
  );
  await writer.discard();
  expect(await readdir(folder)).toEqual([]);
});

test('writes behind the first 2 GiB', async () => {
  // 2.4 GB announced; only the tensor behind them is written, so that the test needs no disk.
  const large = new Map([
    ['maps', [150_000, 64, 64]],
    ['scores', [3]],
  ]);
  const writer = await SafetensorsWriter.create(path, large);
  await writer.write('scores', Float32Array.of(1, 2, 3));
  const { begin } = encodeHeader(large).places.get('scores')!;
  expect(begin).toBeGreaterThan(2 ** 31);
  const [part] = await readdir(folder);
  const file = await open(join(folder, part!));
  const found = new Float32Array(3);
  await file.read(new Uint8Array(found.buffer), 0, 12, begin);
  await file.close();
  expect([...found]).toEqual([1, 2, 3]);
  await writer.discard();
});
