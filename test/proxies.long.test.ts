import type { RunResult } from '@ddad/contract';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type SmallDataset, smallDataset } from './small-dataset.ts';
import { runDdad, startTestCluster, type TestCluster } from './test-cluster.ts';

/** Nobody listens there: whatever goes through it fails at once. */
const dead = 'http://127.0.0.1:9';
const proxies = {
  http_proxy: dead,
  https_proxy: dead,
  HTTP_PROXY: dead,
  HTTPS_PROXY: dead,
  grpc_proxy: dead,
};

let cluster: TestCluster;
let dataset: SmallDataset;

beforeAll(async () => {
  // What starts the cluster has them too, as `make up` does.
  for (const [name, value] of Object.entries(proxies)) vi.stubEnv(name, value);
  for (const name of ['no_proxy', 'NO_PROXY']) vi.stubEnv(name, undefined);
  [cluster, dataset] = await Promise.all([
    startTestCluster({ trainers: ['one'], env: proxies }),
    smallDataset(),
  ]);
});
afterAll(async () => {
  await cluster?.stop();
  await dataset?.remove();
  vi.unstubAllEnvs();
});

test('behind a proxy that leads nowhere a cluster on loopback works, from its start to a run’s result', async () => {
  const added = await cluster.ddad('dataset', 'add', 'small', dataset.directory);
  expect(added.code, added.stderr).toBe(0);
  const handle = await cluster.temporal.workflow.start('trainEnsemble', {
    taskQueue: 'ddad',
    workflowId: 'behind',
    args: [{ dataset: 'small', k: 2, unlabeled: 0, epochs: 1, batchSize: 16, refiner: false }],
  });
  const result = (await handle.result()) as RunResult;
  expect(result.members.map(({ trainer }) => trainer)).toEqual(['one', 'one']);
});

test.each<Record<string, string>>([{}, { no_proxy: 'example.org' }])(
  'the command line reaches it too (%j)',
  async (more) => {
    for (const [command, part] of [
      ['runs', 'behind'],
      ['members', 'ndm'],
    ] as const) {
      const { code, stdout, stderr } = await runDdad([command], { ...cluster.env, ...more });
      expect([command, code, stderr]).toEqual([command, 0, '']);
      expect(stdout).toContain(part);
    }
  },
);

test('another place is asked for through the proxy, and the error says so', async () => {
  const { code, stderr } = await runDdad(['runs'], { ...cluster.env, TEMPORAL_ADDRESS: '192.0.2.1:7233' });
  expect(code).not.toBe(0);
  expect(stderr).toContain('Temporal at 192.0.2.1:7233 (through the proxy 127.0.0.1:9) does not answer');
});
