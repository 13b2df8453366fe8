import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { beforeAll, expect, it } from 'vitest';
import { noAudit } from '../audit-history.ts';
import { workflowBundle } from '../workflow-bundle.ts';
import { recordedHistories } from './history-json.testing.ts';

beforeAll(() => {
  Runtime.install({ logger: new DefaultLogger('ERROR'), shutdownSignals: [] });
});

it('runs that began without tracing go on when their coordinator comes back with it', async () => {
  const histories = await recordedHistories();
  const options = {
    workflowBundle: await workflowBundle({ traced: true }),
    sinks: { ...noAudit, exporter: { export: { fn() {} } } },
  };
  const errors = new Map<string, string>();
  let replayed = 0;
  for await (const { workflowId, error } of Worker.runReplayHistories(options, histories)) {
    replayed += 1;
    if (error !== undefined) errors.set(workflowId, error.message);
  }
  expect(Object.fromEntries(errors)).toEqual({});
  expect(replayed).toBe(histories.length);
});
