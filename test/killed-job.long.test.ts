import { spawnSync } from 'node:child_process';
import type { RunProgress, RunResult } from '@ddad/contract';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { slowMethod } from './slow-method/method.ts';
import { type SmallDataset, smallDataset } from './small-dataset.ts';
import { startTestCluster, type TestCluster } from './test-cluster.ts';

const patience = { timeout: 60_000, interval: 200 };
let cluster: TestCluster;
let dataset: SmallDataset;

beforeAll(async () => {
  [cluster, dataset] = await Promise.all([
    startTestCluster({ trainers: ['one'], env: { METHODS: slowMethod, PROGRESS_INTERVAL_S: '0.5' } }),
    smallDataset(),
  ]);
  const { code, stderr } = await cluster.ddad('dataset', 'add', 'small', dataset.directory);
  expect(code, stderr).toBe(0);
});
afterAll(async () => {
  await cluster?.stop();
  await dataset?.remove();
});

test('a job process that is killed says so in query, page, terminal and Temporal, with signal and cause, and the run goes on', async () => {
  const handle = await cluster.temporal.workflow.start('trainEnsemble', {
    taskQueue: 'ddad',
    workflowId: 'killed-job',
    args: [{ dataset: 'small', method: 'slow', k: 1, epochs: 400, restMs: 50, scoreRestMs: 0 }],
  });
  const member = async () => (await handle.query<RunProgress>('progress')).nodes[0]!;
  await expect.poll(async () => (await member())?.done ?? 0, patience).toBeGreaterThan(0);
  const [trainer] = cluster.trainers;
  const children = spawnSync('pgrep', ['-P', String(trainer!.pid)], { encoding: 'utf8' });
  const pids = children.stdout.trim().split('\n').map(Number);
  expect(pids).toHaveLength(1);
  process.kill(pids[0]!, 'SIGKILL');

  const told = /trainer one .*: the job's process was ended by signal SIGKILL; likely cause: .*kill -9/;
  await expect.poll(async () => (await member()).trouble ?? '', patience).toMatch(told);
  // It is at work again meanwhile.
  await expect.poll(async () => (await member()).state, patience).toBe('running');
  const row = async () => {
    const page = await (await fetch(`${cluster.env.PAGE_URL}/runs/killed-job`)).text();
    return /<tr data-id="member walk 0".*?<\/tr>/s.exec(page)?.[0] ?? 'no such row';
  };
  await expect
    .poll(row, patience)
    .toMatch(/training; the attempt before it failed: .*signal SIGKILL; likely/);
  const { pendingActivities } = (await handle.describe()).raw;
  expect(pendingActivities?.map(({ lastFailure }) => lastFailure?.message ?? '')).toEqual([
    expect.stringMatching(told),
  ]);
  const { stderr } = await cluster.ddad('watch', 'killed-job');
  expect(stderr).toMatch(/^walk 0: an attempt failed and is made again: .*SIGKILL; likely cause/m);
  expect(((await handle.result()) as RunResult).members).toHaveLength(1);
  expect((await member()).trouble).toBeUndefined();
});
