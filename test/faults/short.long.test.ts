import { expect, test } from 'vitest';
import { faultSession, walks } from './fault-session.ts';

test('runs end right whatever fails: a short schedule of faults', async () => {
  const { runs, faults, wrong } = await faultSession({
    seed: 1,
    runs: 2,
    perRun: 6,
    atLeast: 8,
    runLimitMs: 600_000,
    input: walks,
  });
  expect(wrong).toEqual([]);
  expect(runs).toBeGreaterThanOrEqual(2);
  expect(faults).toBeGreaterThanOrEqual(8);
}, 1_800_000);
