import type { RunProgress } from '@ddad/contract';
import { WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import { expect } from 'vitest';
import { noAudit } from '../audit-history.ts';
import { workflowBundle } from '../workflow-bundle.ts';

/** Why a run failed. */
export async function failureOf(handle: WorkflowHandle): Promise<Error> {
  const error: unknown = await handle.result().then(
    () => expect.fail('the run did not fail'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof WorkflowFailedError) || error.cause === undefined) throw error;
  return error.cause;
}

/** Waits until the run's progress is as wanted. */
export async function progressUntil(
  handle: WorkflowHandle,
  wanted: (progress: RunProgress) => boolean,
): Promise<RunProgress> {
  let progress: RunProgress | null = null;
  await expect
    .poll(
      async () => {
        progress = await handle.query<RunProgress>('progress');
        return wanted(progress);
      },
      { timeout: 20_000, interval: 50 },
    )
    .toBe(true);
  return progress!;
}

/** Replays what the server recorded with the code as it is now. */
export async function expectReplays(handle: WorkflowHandle): Promise<void> {
  const history = await handle.fetchHistory();
  const results = Worker.runReplayHistories(
    { workflowBundle: await workflowBundle({ made: process.env.WORKFLOWS }), sinks: noAudit },
    [{ workflowId: handle.workflowId, history }],
  );
  let replayed = 0;
  for await (const { error } of results) {
    expect(error).toBeUndefined();
    replayed += 1;
  }
  expect(replayed).toBe(1);
}
