import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { WorkerEntry } from '@ddad/contract';
import { connectNats, createLogger, watchWorkers } from '@ddad/platform';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startService, startTestServers, type TestServers, type TestService } from './servers/index.ts';

let servers: TestServers;
beforeAll(async () => {
  servers = await startTestServers();
});
afterAll(() => servers?.stop());

test('a trainer that starts with a wrong clock says of itself that it is unfit, and takes jobs once the clock is right', async () => {
  const clock = join(tmpdir(), `ddad-clock-${process.pid}`);
  await writeFile(clock, String(-20 * 60_000));
  const nats = await connectNats({ ...servers.nats, name: 'test' });
  let seen: WorkerEntry[] = [];
  const logger = createLogger('test', 'silent');
  const watch = await watchWorkers(
    nats,
    (entries) => {
      seen = entries;
    },
    logger,
  );
  const states = () => seen.map(({ id, unfit }) => ({ id, unfit }));
  let trainer: TestService | undefined;
  try {
    trainer = await startService('trainer', {
      ...servers.env,
      TRAINER_ID: 'slow-clock',
      NODE_OPTIONS: `--import=${resolve(import.meta.dirname, 'faults/shifted-clock.ts')}`,
      SHIFTED_CLOCK: clock,
    });
    const fault =
      /^clock: this machine's is (20 min|19 min \d+ s) behind that of the store http.* expected at most 5 min/;
    await expect
      .poll(states, { timeout: 30_000 })
      .toEqual([{ id: 'slow-clock', unfit: expect.stringMatching(fault) }]);
    // The store's refusal, with whose clock it is, is in the log of that machine.
    expect(trainer.logs()).toMatch(/the clock of this machine, [^"]*behind the store's/);
    await rm(clock);
    await expect.poll(states, { timeout: 60_000 }).toEqual([{ id: 'slow-clock', unfit: undefined }]);
    expect(trainer.logs()).toContain('this worker takes jobs again');
  } finally {
    expect(await trainer?.stop()).not.toBe(false);
    await watch.close();
    await nats.close();
    await rm(clock, { force: true });
  }
});
