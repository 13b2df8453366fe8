import { defineConfig } from 'vitest/config';

const fullFaults = 'test/faults/full.test.ts';

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{packages,services,cli,deploy}/**/*.test.ts'],
          exclude: ['**/node_modules/**'],
          // TensorFlow cannot be loaded twice in one process, and addons do not mix with worker threads.
          pool: 'forks',
          // Generous: two cores run several files at once, and servers start in hooks.
          testTimeout: 60_000,
          hookTimeout: 60_000,
          // TensorFlow's own chatter; read when it loads.
          env: { TF_CPP_MIN_LOG_LEVEL: '2' },
        },
      },
      {
        test: {
          name: 'integration',
          include: ['test/**/*.test.ts'],
          exclude: ['test/k8s/**', fullFaults],
          pool: 'forks',
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
      { test: { name: 'faults', include: [fullFaults], pool: 'forks' } },
    ],
  },
});
