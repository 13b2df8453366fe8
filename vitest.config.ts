import { defineConfig } from 'vitest/config';

const fullFaults = ['test/faults/full.test.ts', 'test/faults/sick-worker.test.ts'];
const bundleWorkflows = 'test/servers/bundle-workflows.ts';
const besideSource = '{packages,services,cli,deploy}/**';
/** Tests beside their source that start real servers or a browser. */
const servers = `${besideSource}/*.server.test.ts`;
/** Tests beside their source that train networks. */
const networks = `${besideSource}/*.network.test.ts`;
/** Tests beside their source that hold it against whole benchmarks and the programs of others. */
const references = `${besideSource}/*.reference.test.ts`;
/** What TensorFlow needs: it cannot be loaded twice in one process, and addons do not mix with worker threads. */
const besideSourceOptions = {
  pool: 'forks',
  // Generous: two cores run several files at once, and servers start in hooks.
  testTimeout: 60_000,
  hookTimeout: 60_000,
  // TensorFlow's own chatter; read when it loads.
  env: { TF_CPP_MIN_LOG_LEVEL: '2' },
} as const;

export default defineConfig({
  test: {
    // Of its own accord vitest leaves a core to whoever watches: of two that is every second one.
    maxWorkers: '100%',
    projects: [
      {
        test: {
          name: 'unit',
          include: [`${besideSource}/*.test.ts`],
          exclude: ['**/node_modules/**', servers, networks, references],
          ...besideSourceOptions,
          // Most of a unit test's time would be that of loading libraries, anew for each file.
          isolate: false,
        },
      },
      {
        test: {
          name: 'networks',
          include: [networks],
          exclude: ['**/node_modules/**'],
          ...besideSourceOptions,
        },
      },
      {
        test: {
          name: 'references',
          include: [references],
          exclude: ['**/node_modules/**'],
          ...besideSourceOptions,
        },
      },
      {
        test: {
          name: 'servers',
          include: [servers],
          exclude: ['**/node_modules/**'],
          globalSetup: bundleWorkflows,
          ...besideSourceOptions,
        },
      },
      {
        test: {
          name: 'integration',
          include: ['test/**/*.test.ts'],
          exclude: ['test/k8s/**', ...fullFaults],
          pool: 'forks',
          globalSetup: bundleWorkflows,
          fileParallelism: false,
          testTimeout: 300_000,
          hookTimeout: 120_000,
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
      { test: { name: 'faults', include: fullFaults, pool: 'forks', globalSetup: bundleWorkflows } },
    ],
  },
});
