import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { encodeSafetensors } from './codec.ts';
import { NotFinite, verifyTensors } from './verify.ts';

let folder: string;
let path: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ddad-verify-'));
  path = join(folder, 'file');
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

/** Longer than a piece, so that later pieces count too. */
const side = 1200;

async function written(change: (data: Float32Array) => void): Promise<void> {
  const data = Float32Array.from({ length: side * side }, (_, i) => i - 7);
  change(data);
  const tensors = new Map([
    ['weight', { shape: [side, side], data }],
    ['bias', { shape: [], data: Float32Array.of(3.4028234e38) }],
    ['none', { shape: [0], data: new Float32Array() }],
  ]);
  await writeFile(path, encodeSafetensors(tensors, { of: 'a test' }));
}

test('tells shapes and metadata of a file whose values are all finite, extreme ones too', async () => {
  await written((data) => data.set([0, -0, 1e-45, -3.4028234e38], 100));
  const { shapes, metadata } = await verifyTensors(path);
  expect(new Map(shapes)).toEqual(
    new Map<string, number[]>([
      ['bias', []],
      ['none', [0]],
      ['weight', [side, side]],
    ]),
  );
  expect(metadata).toEqual({ of: 'a test' });
});

test.each([
  [0, 0, Number.NaN],
  [0, 1, Number.POSITIVE_INFINITY],
  // 1199 · 1200 + 1199 = 1,439,999: beyond the first 2^20 values.
  [side - 1, side - 1, Number.NEGATIVE_INFINITY],
])('names tensor, index and value of what is not finite, at [%i, %i]: %f', async (row, column, value) => {
  await written((data) => data.set([value], row * side + column));
  const error = await verifyTensors(path).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(NotFinite);
  expect(error).toMatchObject({ tensor: 'weight', index: [row, column], value });
  expect((error as Error).message).toBe(
    `safetensors: weight[${row}, ${column}]: expected a finite number, got ${value}`,
  );
});

test('finds every pattern of bits that is no finite number, in an unaligned file as well', async () => {
  for (const bits of [0x7f800000, 0xff800000, 0x7f800001, 0x7fffffff, 0xffc00000]) {
    const file = encodeSafetensors(new Map([['x', { shape: [3], data: new Float32Array(3) }]]));
    file.writeUInt32LE(bits, file.length - 4);
    // One space more in the header: allowed, and the data begin at an odd offset.
    const shifted = Buffer.concat([file.subarray(0, -12), Buffer.from(' '), file.subarray(-12)]);
    shifted.writeBigUInt64LE(shifted.readBigUInt64LE(0) + 1n, 0);
    await writeFile(path, shifted);
    await expect(verifyTensors(path)).rejects.toThrow('x[2]: expected a finite number, got');
  }
});

test('names a scalar without an index of any dimension', async () => {
  await writeFile(
    path,
    encodeSafetensors(new Map([['s', { shape: [], data: Float32Array.of(Number.NaN) }]])),
  );
  await expect(verifyTensors(path)).rejects.toThrow('safetensors: s[]: expected a finite number, got NaN');
});

test('refuses a file that is cut short', async () => {
  await written(() => {});
  await writeFile(path, (await readFile(path)).subarray(0, -4));
  await expect(verifyTensors(path)).rejects.toThrow('expected data within');
});
