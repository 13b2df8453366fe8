import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { emptyScratch, removeDirectory, scratchDirectory } from './scratch.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ddad-scratch-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

test('empties what a former instance left, of its own alone', async () => {
  const [own, other] = [join(folder, 'jobs/one'), join(folder, 'jobs/two')];
  await emptyScratch(own);
  const left = await scratchDirectory(own, 'key');
  await writeFile(join(left, 'checkpoint-7.safetensors'), 'state');
  await mkdir(other);
  await emptyScratch(own);
  expect(await readdir(own)).toEqual([]);
  expect(existsSync(other)).toBe(true);
});

test('gives two jobs of one key directories of their own', async () => {
  const scratch = join(folder, 'jobs/three');
  const [first, second] = [await scratchDirectory(scratch, 'key'), await scratchDirectory(scratch, 'key')];
  expect(first).not.toBe(second);
  expect(dirname(first)).toBe(scratch);
  await writeFile(join(first, 'file'), '');
  await removeDirectory(first);
  await removeDirectory(first);
  expect(await readdir(scratch)).toHaveLength(1);
});
