import { afterAll, afterEach, beforeAll, beforeEach, vi } from 'vitest';
import { type Bench, createBench, startTemporal, type Temporal } from './coordinator-bench.testing.ts';

/** For what has to come, on a machine with other work. */
export const patience = { timeout: 20_000 };

/** Gives each test of a file a bench of its own; they share a Temporal server. @param take gets the bench before its test */
export function benchEachTest(take: (bench: Bench) => void): void {
  let temporal: Temporal;
  let bench: Bench;
  // Real servers, on a machine that may have other work.
  vi.setConfig({ testTimeout: 90_000 });
  beforeAll(async () => {
    temporal = await startTemporal();
  }, 120_000);
  afterAll(async () => temporal?.dispose(), 30_000);
  beforeEach(async () => {
    bench = await createBench(temporal);
    take(bench);
  });
  afterEach(async () => bench.close(), 30_000);
}
