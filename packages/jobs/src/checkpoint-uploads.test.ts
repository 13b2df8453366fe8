import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '@ddad/platform';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CheckpointUploads } from './checkpoint-uploads.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ddad-uploads-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

async function checkpoint(done: number): Promise<[number, string]> {
  const path = join(folder, String(done));
  await writeFile(path, 'state');
  return [done, path];
}

/** Uploads whose storing takes until the test opens its gate. */
function gated() {
  const stored: number[] = [];
  const gates: PromiseWithResolvers<void>[] = [];
  const uploads = new CheckpointUploads(
    async (done, path) => {
      expect(existsSync(path)).toBe(true);
      const gate = Promise.withResolvers<void>();
      gates.push(gate);
      await gate.promise;
      stored.push(done);
    },
    createLogger('test', 'silent'),
  );
  return { uploads, stored, gates };
}

test('stores one at a time, of those that wait the newest, and removes every file', async () => {
  const { uploads, stored, gates } = gated();
  for (const done of [1, 2, 3]) uploads.add(...(await checkpoint(done)));
  expect(gates).toHaveLength(1);
  gates[0]!.resolve();
  await expect.poll(() => gates.length).toBe(2);
  gates[1]!.resolve();
  await uploads.idle();
  expect(stored).toEqual([1, 3]);
  for (const done of [1, 2, 3]) await expect.poll(() => existsSync(join(folder, String(done)))).toBe(false);

  uploads.add(...(await checkpoint(4)));
  gates[2]!.resolve();
  await uploads.idle();
  expect(stored).toEqual([1, 3, 4]);
});

test('goes on after a checkpoint that could not be stored', async () => {
  const { uploads, stored, gates } = gated();
  uploads.add(...(await checkpoint(1)));
  uploads.add(...(await checkpoint(2)));
  gates[0]!.reject(new Error('no store'));
  await expect.poll(() => gates.length).toBe(2);
  gates[1]!.resolve();
  await uploads.idle();
  expect(stored).toEqual([2]);
  expect(existsSync(join(folder, '1'))).toBe(false);
});

test('drops what waits and leaves what is under way', async () => {
  const { uploads, stored, gates } = gated();
  uploads.add(...(await checkpoint(1)));
  uploads.add(...(await checkpoint(2)));
  uploads.dropWaiting();
  gates[0]!.resolve();
  await uploads.idle();
  expect(stored).toEqual([1]);
  await expect.poll(() => existsSync(join(folder, '2'))).toBe(false);
});
