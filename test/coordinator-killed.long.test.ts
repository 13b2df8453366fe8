import type { RunProgress } from '@ddad/contract';
import { listCheckpoints } from '@ddad/storage';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startService } from './servers/index.ts';
import { slowMethod, walkKind } from './slow-method/method.ts';
import { type SmallDataset, smallDataset } from './small-dataset.ts';
import { startTestCluster, type TestCluster } from './test-cluster.ts';

/** Shorter than the product's, in the same order: heard of before trainers let go of their jobs, after 30 s. */
const times = { HEARTBEAT_TIMEOUT_S: '8', PROGRESS_INTERVAL_S: '0.5' };
const patience = { timeout: 180_000, interval: 200 };

let cluster: TestCluster;
let dataset: SmallDataset;

beforeAll(async () => {
  [cluster, dataset] = await Promise.all([
    startTestCluster({ env: { ...times, METHODS: slowMethod } }),
    smallDataset(),
  ]);
  const { code } = await cluster.ddad('dataset', 'add', 'small', dataset.directory);
  expect(code).toBe(0);
});
afterAll(async () => {
  await cluster?.stop();
  await dataset?.remove();
});

test('SIGKILL of the coordinator in the middle of training repeats no epoch, and a cancelled run then keeps its checkpoints', async () => {
  const handle = await cluster.temporal.workflow.start('trainEnsemble', {
    taskQueue: 'ddad',
    workflowId: 'killed',
    args: [{ dataset: 'small', method: 'slow', epochs: 100_000, restMs: 50 }],
  });
  const epochs = async () => {
    const { nodes } = await handle.query<RunProgress>('progress');
    return nodes.flatMap(({ member, done }) => (member === undefined ? [] : [done]));
  };
  await expect.poll(async () => (await epochs()).filter((done) => done >= 1), patience).toHaveLength(2);
  const before = await epochs();
  await cluster.coordinator.stop('SIGKILL');
  const next = await startService('coordinator', cluster.env);
  try {
    // It follows both members further, in the very processes that trained them before.
    await expect
      .poll(async () => (await epochs()).every((done, member) => done > before[member]! + 1), patience)
      .toBe(true);
    const { nodes } = await handle.query<RunProgress>('progress');
    const members = nodes.filter(({ member }) => member !== undefined);
    for (const trainer of cluster.trainers) {
      const lines = trainer
        .logs()
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as { msg: string; key?: string });
      const said = (msg: string) => lines.filter((line) => line.msg === msg);
      expect(said('job started')).toHaveLength(1);
      expect(said('the caller is gone; the job waits to be taken over')).toHaveLength(1);
      expect(said('job ended')).toHaveLength(0);
    }

    const cancelledAt = performance.now();
    await handle.cancel();
    await expect(handle.result()).rejects.toThrow();
    expect(performance.now() - cancelledAt).toBeLessThan(30_000);
    // Confirmed only now that the trainers are idle: both have told of the end of their job.
    for (const trainer of cluster.trainers) expect(trainer.logs()).toContain('job ended');
    for (const { key } of members)
      expect(await listCheckpoints(cluster.store, walkKind.kind, key)).not.toEqual([]);
  } finally {
    await next.stop();
  }
}, 600_000);
