import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeSafetensors, type NamedTensor } from '@ddad/storage/safetensors';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { assertFinite } from './assert-finite.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ddad-finite-'));
});
afterAll(() => rm(directory, { recursive: true }));

async function file(tensors: Record<string, Float32Array>): Promise<string> {
  const named = Object.entries(tensors).map(([name, data]): [string, NamedTensor] => [
    name,
    { shape: [data.length], data },
  ]);
  const path = join(directory, 'file.safetensors');
  await writeFile(path, encodeSafetensors(new Map(named), { format: 'pt' }));
  return path;
}

/** More than two pieces of 8 MiB, with the largest finite values and the smallest. */
const large = () =>
  new Float32Array(5_000_000).fill(3.4028234663852886e38).fill(-1.401298464324817e-45, 2_000_000);

test('finite values pass, also the largest and smallest, and tensors without values', async () => {
  await assertFinite(await file({ none: new Float32Array(), large: large(), zero: Float32Array.of(0, -0) }));
});

test.each([
  ['NaN', Number.NaN, 0],
  ['Infinity', Number.POSITIVE_INFINITY, 2_097_152],
  ['-Infinity', Number.NEGATIVE_INFINITY, 4_999_999],
])('the first %s is named with its tensor and index', async (shown, value, index) => {
  const b = large();
  b.fill(value, index);
  const path = await file({ a: Float32Array.of(1, 2), b });
  await expect(assertFinite(path)).rejects.toMatchObject({
    kind: 'diverged',
    message: `b: expected finite values, got ${shown} at index ${index}`,
  });
});

test('a file that is cut short is no finite one', async () => {
  const path = await file({ a: Float32Array.of(1, 2) });
  await truncate(path, 100);
  await expect(assertFinite(path)).rejects.toThrow(/expected \d+ bytes at \d+, got \d+/);
});
