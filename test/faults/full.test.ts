import { expect, test } from 'vitest';
import { faultKinds } from './fault-kinds.ts';
import { ensembles, faultSession } from './fault-session.ts';

const seed = Number(process.env.SEED || Math.floor(Date.now() / 1000) % 1_000_000);

test('runs end right whatever fails: at least 60 faults over at least 12 runs', async () => {
  const { runs, faults, kinds, wrong } = await faultSession({
    seed,
    runs: 12,
    perRun: 6,
    atLeast: 60,
    runLimitMs: 900_000,
    subject: ensembles(500, { udm: true }),
  });
  expect(wrong).toEqual([]);
  expect(runs).toBeGreaterThanOrEqual(12);
  expect(faults).toBeGreaterThanOrEqual(60);
  expect(kinds.size).toBeGreaterThanOrEqual(faultKinds.length - 1);
}, 7_200_000);
