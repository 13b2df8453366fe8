import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { tensorflowEnvironment } from './packages/compute/src/environment.ts';

const besideSource = '{packages,services,cli,deploy}/**';
/** What needs TensorFlow: it cannot be loaded twice in one process, and addons do not mix with worker threads. */
const tensors = 'packages/{compute,models,anomaly,methods}/**/*.test.ts';
/** What few changes can break, and what takes minutes: whole benchmarks, the programs of others, runs as they were recorded. */
const long = '{packages,services,cli,deploy,test}/**/*.long.test.ts';
/** Kinds of tests beside their source that take longer than a unit test may. */
const kinds = {
  /** Networks and their training. */
  networks: `${besideSource}/*.network.test.ts`,
  /** What starts real servers or a browser. */
  servers: `${besideSource}/*.server.test.ts`,
};
const exclude = ['**/node_modules/**', long];
/** The others are run on MinIO. */
const onBothStores = [
  'packages/storage/src/*.server.test.ts',
  'deploy/local/src/cluster.server.test.ts',
  'test/access.test.ts',
];
const options = {
  pool: 'forks',
  // Generous: two cores run several files at once, and servers start in hooks.
  testTimeout: 60_000,
  hookTimeout: 60_000,
} as const;
/** Most of a short test's time would be that of loading libraries, anew for each file. */
const sharedProcess = { isolate: false } as const;
/** Read when TensorFlow loads. One thread: what is recorded is so for one; and its own chatter is left out. */
const withTensorflow = { env: { TF_CPP_MIN_LOG_LEVEL: '2', ...tensorflowEnvironment(1) } };
/** For tests that start coordinators: the workflows are bundled once for all of them. */
const withWorkflows = {
  globalSetup: 'test/servers/bundle-workflows.ts',
  env: {
    TF_CPP_MIN_LOG_LEVEL: '2',
    WORKFLOWS: join(tmpdir(), `ddad-test-workflows-${process.pid}.js`),
    // Commands that tests run are nobody's.
    DDAD_AUDIT_LOG: 'off',
  },
};
const fullFaults = [
  'test/faults/full.test.ts',
  'test/faults/sick-worker.test.ts',
  'test/faults/soak.test.ts',
];

export default defineConfig({
  test: {
    // Of its own accord vitest leaves a core to whoever watches: of two that is every second one.
    maxWorkers: '100%',
    projects: [
      {
        test: {
          name: 'unit',
          include: [`${besideSource}/*.test.ts`],
          exclude: [...exclude, ...Object.values(kinds), tensors],
          ...options,
          ...sharedProcess,
        },
      },
      {
        test: {
          name: 'tensors',
          include: [tensors],
          exclude: [...exclude, ...Object.values(kinds)],
          ...options,
          ...sharedProcess,
          ...withTensorflow,
        },
      },
      {
        test: {
          name: 'networks',
          include: [kinds.networks],
          exclude,
          ...options,
          ...sharedProcess,
          ...withTensorflow,
        },
      },
      { test: { name: 'servers', include: [kinds.servers], exclude, ...options, ...withWorkflows } },
      // What rests on the store's own behaviour, once more on the other one, which takes 15 seconds to end.
      {
        test: {
          name: 'seaweedfs',
          include: onBothStores,
          exclude,
          pool: 'forks',
          testTimeout: 120_000,
          hookTimeout: 120_000,
          env: { STORE: 'seaweedfs' },
        },
      },
      {
        test: {
          name: 'integration',
          include: ['test/**/*.test.ts'],
          exclude: [long, 'test/k8s/**', ...fullFaults],
          pool: 'forks',
          testTimeout: 300_000,
          hookTimeout: 120_000,
          ...withWorkflows,
        },
      },
      {
        test: {
          name: 'long',
          include: [long],
          exclude: ['**/node_modules/**'],
          pool: 'forks',
          // Several whole runs in one test, beside another file's.
          testTimeout: 900_000,
          hookTimeout: 120_000,
          globalSetup: withWorkflows.globalSetup,
          env: { ...withTensorflow.env, ...withWorkflows.env },
        },
      },
      {
        test: {
          name: 'k8s',
          include: ['test/k8s/**/*.test.ts'],
          pool: 'forks',
          fileParallelism: false,
          testTimeout: 900_000,
          hookTimeout: 900_000,
        },
      },
      // Half an hour; `make test-faults`. The short schedule is among the integration tests.
      {
        test: {
          name: 'faults',
          include: fullFaults,
          pool: 'forks',
          fileParallelism: false,
          ...withWorkflows,
        },
      },
    ],
  },
});
