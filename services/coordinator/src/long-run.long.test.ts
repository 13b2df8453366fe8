import type { RunProgress, RunResult } from '@ddad/contract';
import { JobError } from '@ddad/rpc';
import type { WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { cancelLimits } from './cancel-limits.ts';
import {
  type Bench,
  createBench,
  oneClass,
  startTemporal,
  type Temporal,
} from './coordinator-bench.testing.ts';
import type { Held } from './fake-services.testing.ts';
import { ManualClock } from './manual-clock.testing.ts';
import { nodeProgressSignal } from './node-progress.ts';

let temporal: Temporal;
let bench: Bench;

beforeAll(async () => {
  temporal = await startTemporal();
  bench = await createBench(temporal);
}, 120_000);
afterAll(async () => {
  await bench?.close();
  await temporal?.dispose();
}, 60_000);

/** Waits for the workflow to have taken its signal in: two that share a workflow task would count too few events. */
async function heard(handle: WorkflowHandle): Promise<void> {
  // A query that takes too long, on a machine with other work, is asked again.
  await expect
    .poll(
      () =>
        handle.query<RunProgress>('progress').then(
          () => true,
          () => false,
        ),
      { timeout: 60_000 },
    )
    .toBe(true);
}

const minute = 60_000;
const hours = 10;

it('keeps 100 members over 10 hours, some of them handed over, under 8,000 history events', async () => {
  const clock = new ManualClock(Date.now());
  let told = Promise.withResolvers<void>();
  const { coordinator } = await bench.startCoordinator([], {
    clock,
    progressIntervalMs: minute,
    heartbeatTimeoutMs: 60_000,
    hearMs: cancelLimits.hearMs,
    async sendProgress({ workflowId, runId }, rows) {
      await temporal.client.workflow.getHandle(workflowId, runId).signal(nodeProgressSignal, rows);
      told.resolve();
    },
  });
  const epochs = hours * 60 + 1;
  const handle = await bench.start({ ...oneClass, unlabeled: 5, k: 50, epochs });
  coordinator.setWorkers([{ ...bench.trainer.entry, slots: 100 }, bench.scorer.entry]);
  const held: Held[] = [];
  const next = async () => void held.push(await bench.trainer.jobs.next());
  for (let n = 0; n < 100; n++) await next();

  for (let done = 1; done < epochs; done++) {
    if (done === 300) {
      // Ten trainers are shut down: others go on with their members.
      for (const job of held.splice(0, 10)) job.fail(new JobError('leaving', 'the service shuts down'));
      for (let n = 0; n < 10; n++) await next();
    }
    const figures = { total: epochs, loss: 1 / (done + 7), imagesPerSecond: 1234.56 };
    for (const job of held) job.send({ $case: 'progress', value: { done, ...figures } });
    // The figures are there once the next signal has its time.
    while (clock.pending === 0) await new Promise((resolve) => setImmediate(resolve));
    told = Promise.withResolvers();
    clock.move(minute);
    await told.promise;
    await heard(handle);
  }
  for (const job of held) await job.finish();
  const { members } = (await handle.result()) as RunResult;
  expect(members).toHaveLength(100);
  expect(members.filter(({ restarts }) => restarts === 1)).toHaveLength(10);

  const { events } = await handle.fetchHistory();
  const signals = events!.filter(({ workflowExecutionSignaledEventAttributes: sent }) => sent);
  expect(signals.length).toBeGreaterThanOrEqual(hours * 60);
  expect(events!.length).toBeLessThan(8000);
  // Temporal warns from 10 MB on.
  expect(Number((await handle.describe()).historySize)).toBeLessThan(10e6);
}, 300_000);
