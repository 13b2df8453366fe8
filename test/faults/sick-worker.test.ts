import { expect, test } from 'vitest';
import { faultSession, walks } from './fault-session.ts';
import { sickWorkerKinds } from './kinds/sick-workers.ts';

test('runs end right while a trainer’s disk is full, it has no descriptors left, or its clock is wrong', async () => {
  const { faults, wrong } = await faultSession({
    seed: 2,
    runs: 1,
    perRun: sickWorkerKinds.length,
    atLeast: sickWorkerKinds.length,
    runLimitMs: 600_000,
    input: walks,
    kinds: sickWorkerKinds,
  });
  expect(wrong).toEqual([]);
  expect(faults).toBeGreaterThanOrEqual(sickWorkerKinds.length - 1);
}, 1_800_000);
