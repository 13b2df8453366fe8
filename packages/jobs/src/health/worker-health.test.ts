import { mostUnfit } from '@ddad/contract';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { HealthCheck } from './health-check.ts';
import { WorkerHealth } from './worker-health.ts';

/** What each check finds. */
let scratch: string | null;
let device: string | null;
let deviceTrials: number;
let log: [level: string, message: string, reason?: unknown][];
/** The pause that goes on, if any. */
let pausing: { milliseconds: number; then: () => void } | null;
let health: WorkerHealth;

beforeEach(() => {
  scratch = null;
  device = null;
  deviceTrials = 0;
  log = [];
  pausing = null;
  const checks: HealthCheck[] = [
    {
      name: 'device',
      costly: true,
      async check() {
        deviceTrials += 1;
        return device;
      },
    },
    { name: 'scratch', check: async () => scratch },
  ];
  health = new WorkerHealth({
    checks,
    logger: {
      info: (message) => void log.push(['info', message]),
      warn: (details, message) => void log.push(['warn', message, (details as { reason: string }).reason]),
    },
    pauses: { firstMs: 5_000, mostMs: 20_000 },
    after(milliseconds, then) {
      pausing = { milliseconds, then };
      return () => {
        pausing = null;
      };
    },
  });
});
afterEach(() => health.close());

/** Lets the pause end, and the look after it. */
async function pauseOver(): Promise<number> {
  const { milliseconds, then } = pausing!;
  pausing = null;
  then();
  await new Promise((resolve) => setImmediate(resolve));
  return milliseconds;
}

test('a worker is not fit before it has been checked, and says nothing where all is well', async () => {
  expect(health.unfit).toBe('it has not been checked yet');
  await health.look();
  expect(health.unfit).toBeUndefined();
  expect([log, pausing, deviceTrials]).toEqual([[], null, 1]);
});

test('what is wrong is logged once, and looked at again with growing pauses until it is over', async () => {
  const told: (string | undefined)[] = [];
  health.onChange((unfit) => told.push(unfit));
  scratch = 'scratch: got 3 MiB';
  await health.look();
  expect(health.unfit).toBe('scratch: got 3 MiB');
  scratch = 'scratch: got 2 MiB';
  const pauses: number[] = [];
  for (let n = 0; n < 4; n += 1) pauses.push(await pauseOver());
  expect(pauses).toEqual([5_000, 10_000, 20_000, 20_000]);
  scratch = null;
  await pauseOver();
  expect(told).toEqual(['scratch: got 3 MiB', 'scratch: got 2 MiB', undefined]);
  expect(log).toEqual([
    ['warn', 'this worker takes no jobs for now', 'scratch: got 3 MiB'],
    ['info', 'this worker takes jobs again'],
  ]);
  expect(pausing).toBeNull();
});

test('a costly check is left out while another one fails', async () => {
  scratch = 'scratch: full';
  device = 'device: does not compute';
  await health.look();
  expect([health.unfit, deviceTrials]).toEqual(['scratch: full', 0]);
  scratch = null;
  await health.look();
  expect([health.unfit, deviceTrials]).toEqual(['device: does not compute', 1]);
  expect(log.map(([, , reason]) => reason)).toEqual(['scratch: full', 'device: does not compute']);
});

test('looks that are asked for while one is under way are made once, after it', async () => {
  const looks = [health.look(), health.look(), health.look()];
  device = 'device: broke';
  await Promise.all(looks);
  expect([health.unfit, deviceTrials]).toEqual(['device: broke', 2]);
});

test('a check that throws is a fault, and a long reason is cut off as an entry takes it', async () => {
  health = new WorkerHealth({
    checks: [{ name: 'clock', check: () => Promise.reject(new Error('x'.repeat(1000))) }],
    logger: { info() {}, warn() {} },
    after: () => () => {},
  });
  await health.look();
  expect(health.unfit).toMatch(/^clock: x+\.\.\.$/);
  expect(health.unfit).toHaveLength(mostUnfit);
});

test('what is closed looks no more', async () => {
  scratch = 'scratch: full';
  await health.look();
  await health.close();
  expect(pausing).toBeNull();
  await health.look();
  expect(deviceTrials).toBe(0);
  expect(health.unfit).toBe('scratch: full');
});
