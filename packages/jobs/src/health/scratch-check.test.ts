import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { scratchCheck } from './scratch-check.ts';

const mebibyte = 1024 ** 2;
const { signal } = new AbortController();
let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ddad-scratch-check-'));
});
afterAll(async () => {
  await chmod(directory, 0o700);
  await rm(directory, { recursive: true });
});

const check = (freeBytes: number, largestCheckpoint = 0) =>
  scratchCheck({
    directory,
    largestCheckpoint: () => largestCheckpoint,
    freeBytes: async () => freeBytes,
  }).check(signal);

test('64 MiB have to be free before the first checkpoint', async () => {
  expect(await check(64 * mebibyte)).toBeNull();
  expect(await check(3.25 * mebibyte)).toBe(
    `scratch ${directory}: expected 64 MiB free, for checkpoints, got 3.3 MiB`,
  );
});

test('twice the largest checkpoint has to be free', async () => {
  expect(await check(200 * mebibyte, 100 * mebibyte)).toBeNull();
  expect(await check(199 * mebibyte, 100 * mebibyte)).toMatch(
    'expected 200 MiB free, for checkpoints, got 199',
  );
});

test('the disk of this machine has room, can be written, and is left as it was', async () => {
  const { name, check: real } = scratchCheck({ directory, largestCheckpoint: () => 0 });
  expect([name, await real(signal)]).toEqual(['scratch', null]);
  expect(await readdir(directory)).toEqual([]);
});

test('what cannot be written is said so', async () => {
  const missing = join(directory, 'missing');
  const gone = scratchCheck({
    directory: missing,
    largestCheckpoint: () => 0,
    freeBytes: async () => 2 ** 40,
  });
  expect(await gone.check(signal)).toMatch(/^scratch .*missing cannot be written: ENOENT/);
});
