import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeSafetensors, MalformedSafetensors } from '@ddad/storage/safetensors';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { assertFinite } from './assert-finite.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ddad-finite-'));
});
afterAll(() => rm(directory, { recursive: true }));

async function file(data: Float32Array): Promise<string> {
  const path = join(directory, 'file.safetensors');
  await writeFile(path, encodeSafetensors(new Map([['weight', { shape: [2, data.length / 2], data }]])));
  return path;
}

test('a value that is not finite is divergence, named with its tensor and place', async () => {
  await assertFinite(await file(Float32Array.of(1, 2, 3, 4)));
  await expect(assertFinite(await file(Float32Array.of(1, 2, 3, Number.NaN)))).rejects.toMatchObject({
    kind: 'diverged',
    message: 'safetensors: weight[1, 1]: expected a finite number, got NaN',
  });
});

test('a file that is cut short is a fault of another kind', async () => {
  const path = await file(Float32Array.of(1, 2));
  await truncate(path, 50);
  await expect(assertFinite(path)).rejects.toThrow(MalformedSafetensors);
});
