import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { beforeAll, expect, it } from 'vitest';
import { noAudit } from '../audit-history.ts';
import { workflowBundle } from '../workflow-bundle.ts';
import { recordedHistories } from './history-json.testing.ts';

beforeAll(() => {
  Runtime.install({ logger: new DefaultLogger('ERROR'), shutdownSignals: [] });
});

it('replays every history that a released version recorded', async () => {
  const histories = await recordedHistories();
  expect(histories.map(({ workflowId }) => workflowId)).toEqual(
    expect.arrayContaining([
      '1/completed',
      '1/diverged-once',
      '1/training',
      '1/grown-while-refining',
      '1/paused-and-resumed',
      '1/experiment',
    ]),
  );
  const made = await workflowBundle({ logger: new DefaultLogger('ERROR') });
  const options = { workflowBundle: made, sinks: noAudit };
  const errors = new Map<string, string>();
  let replayed = 0;
  for await (const { workflowId, error } of Worker.runReplayHistories(options, histories)) {
    replayed += 1;
    if (error !== undefined) errors.set(workflowId, error.message);
  }
  expect(Object.fromEntries(errors)).toEqual({});
  expect(replayed).toBe(histories.length);
}, 120_000);
