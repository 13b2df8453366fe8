import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { RunResult } from '@ddad/contract';
import { isRunning, readRecord, recordPath, signal, startServers } from '@ddad/local-cluster';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { slowMethod } from './slow-method/method.ts';
import { type SmallDataset, smallDataset } from './small-dataset.ts';
import { startTestCluster, type TestCluster } from './test-cluster.ts';

/** Longer than the 10 s between two listings of the workers: one comes due while NATS is away. */
const awayMs = 12_000;
const told = 'the workers are listed again';

let cluster: TestCluster;
let dataset: SmallDataset;

beforeAll(async () => {
  [cluster, dataset] = await Promise.all([
    startTestCluster({ trainers: ['one'], env: { METHODS: slowMethod } }),
    smallDataset(),
  ]);
  const { code, stderr } = await cluster.ddad('dataset', 'add', 'small', dataset.directory);
  expect(code, stderr).toBe(0);
});
afterAll(async () => {
  await cluster?.stop();
  await dataset?.remove();
});

test.each([
  ['kept', 1],
  ['emptied', 2],
])(
  'a new run finds its workers after NATS was away for 12 s, its store %s',
  async (store, seed) => {
    const { home } = cluster.servers;
    const before = cluster.coordinator.logs().split(told).length;
    const nats = readRecord(recordPath(home)).find(({ name }) => name === 'nats');
    if (nats === undefined) throw new Error('NATS does not run');
    signal(nats, 'SIGKILL');
    await expect.poll(() => isRunning(nats)).toBe(false);
    if (store === 'emptied') await rm(join(home, 'nats', 'data'), { recursive: true });
    await delay(awayMs);
    await startServers({ home, environment: { PATH: process.env.PATH }, buckets: '*' });

    const handle = await cluster.temporal.workflow.start('trainEnsemble', {
      taskQueue: 'ddad',
      workflowId: `after-${store}`,
      args: [{ dataset: 'small', method: 'slow', seed }],
    });
    const result = (await handle.result()) as RunResult;
    expect(result.members.map(({ trainer, reused }) => [trainer, reused])).toEqual([
      ['one', false],
      ['one', false],
    ]);
    // Once each time it was away.
    expect(cluster.coordinator.logs().split(told).length).toBe(before + 1);
  },
  150_000,
);
