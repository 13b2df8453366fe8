import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { withClusterLock } from './cluster-lock.ts';
import { identify } from './process-identity.ts';
import { temporaryDirectory } from './temporary-directory.testing.ts';

test('the second waits until the first is done', async () => {
  const lock = join(temporaryDirectory(), 'lock');
  const order: string[] = [];
  const { promise: gate, resolve: open } = Promise.withResolvers<void>();
  const first = withClusterLock(lock, 10_000, async () => {
    order.push('first begins');
    await gate;
    order.push('first ends');
  });
  const second = withClusterLock(lock, 10_000, async () => {
    order.push('second');
  });
  open();
  await Promise.all([first, second]);
  expect(order).toEqual(['first begins', 'first ends', 'second']);
  expect(existsSync(lock)).toBe(false);
});

test('gives up on a holder that runs on, and names it', async () => {
  const lock = join(temporaryDirectory(), 'lock');
  writeFileSync(lock, JSON.stringify(identify(process.pid)));
  await expect(withClusterLock(lock, 0, async () => {})).rejects.toThrow(`process ${process.pid} still`);
});

test('takes over from a holder that has ended', async () => {
  const lock = join(temporaryDirectory(), 'lock');
  writeFileSync(lock, JSON.stringify({ ...identify(process.pid), startTicks: 0 }));
  expect(await withClusterLock(lock, 10_000, async () => 'done')).toBe('done');
});

test('is given back when the work fails', async () => {
  const lock = join(temporaryDirectory(), 'lock');
  await expect(
    withClusterLock(lock, 0, async () => {
      throw new Error('broken');
    }),
  ).rejects.toThrow('broken');
  expect(existsSync(lock)).toBe(false);
});
