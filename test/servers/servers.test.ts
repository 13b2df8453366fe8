import { existsSync } from 'node:fs';
import { isRunning, readRecord, recordPath } from '@ddad/local-cluster';
import { checkHealth } from '@ddad/rpc';
import { expect, onTestFinished, test } from 'vitest';
import { startService, startTestServers } from './index.ts';

test('gives a test real servers and services, and leaves no process and no file', async () => {
  const servers = await startTestServers();
  onTestFinished(servers.stop);
  const processes = readRecord(recordPath(servers.home));
  expect(processes.map(({ name }) => name).sort()).toEqual([servers.env.STORE, 'nats', 'temporal'].sort());

  const scorer = await startService('scorer', servers.env);
  onTestFinished(async () => {
    await scorer.stop();
  });
  const trainer = await startService('trainer', { ...servers.env, TRAINER_ID: 'one' });
  onTestFinished(async () => {
    await trainer.stop();
  });
  const coordinator = await startService('coordinator', servers.env);
  onTestFinished(async () => {
    await coordinator.stop();
  });
  for (const { address } of [scorer, trainer]) {
    expect(await checkHealth(address!, { limitMs: 5000 })).toBe('SERVING');
  }
  expect(trainer.logs()).toContain('"service":"trainer"');

  expect(await coordinator.stop()).toBe(true);
  expect(await trainer.stop()).toBe(true);
  expect(await scorer.stop('SIGKILL')).toBe(true);
  await servers.stop();
  const all = [...processes, coordinator.identity, trainer.identity, scorer.identity];
  expect(all.filter(isRunning)).toEqual([]);
  expect(existsSync(servers.home)).toBe(false);
  expect(trainer.logs()).toContain('"service":"trainer"');
});
