import { expect, test } from 'vitest';
import { faultKinds } from './fault-kinds.ts';
import { ensembles, faultSession, walks } from './fault-session.ts';

const seed = Number(process.env.SEED || Math.floor(Date.now() / 1000) % 1_000_000);

test('runs end right whatever fails: at least 110 faults of all kinds over at least 20 runs', async () => {
  const { runs, faults, kinds, wrong } = await faultSession({
    seed,
    runs: 20,
    perRun: 6,
    atLeast: 110,
    runLimitMs: 600_000,
    input: walks,
  });
  expect(wrong).toEqual([]);
  expect(runs).toBeGreaterThanOrEqual(20);
  expect(faults).toBeGreaterThanOrEqual(110);
  const done = [...kinds.values()].filter((count) => count > 0).length;
  expect(done).toBeGreaterThanOrEqual(faultKinds.length - 3);
}, 7_200_000);

test('so do runs that train networks: at least 15 faults over at least 3 runs', async () => {
  const { runs, faults, wrong } = await faultSession({
    seed,
    runs: 3,
    perRun: 6,
    atLeast: 15,
    runLimitMs: 900_000,
    input: ensembles(40),
  });
  expect(wrong).toEqual([]);
  expect(runs).toBeGreaterThanOrEqual(3);
  expect(faults).toBeGreaterThanOrEqual(15);
}, 7_200_000);
