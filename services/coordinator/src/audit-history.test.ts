import { createLogger } from '@ddad/platform';
import { msToTs } from '@temporalio/common/lib/time.js';
import { expect, it } from 'vitest';
import { auditSinks } from './audit-history.ts';

type Deps = Parameters<typeof auditSinks>;
type Sink = (info: never) => void;

/** A history of which the server gives these events, in the order that it was asked for. */
function heard(events: object[] | Error) {
  const entries: unknown[] = [];
  const asked: object[] = [];
  const answer = async (request: object) => {
    asked.push(request);
    if (events instanceof Error) throw events;
    return { history: { events } };
  };
  const connection = {
    withDeadline: (_at: number, call: () => unknown) => call(),
    workflowService: {
      getWorkflowExecutionHistory: answer,
      getWorkflowExecutionHistoryReverse: answer,
    },
  } as unknown as Deps[0];
  const sinks = auditSinks(connection, (entry) => entries.push(entry), createLogger('test', 'silent'));
  return { entries, asked, sinks };
}
const info = { namespace: 'default', workflowId: 'brain-1', runId: 'r1' };
const eventTime = msToTs(Date.parse('2026-02-03T04:05:06Z'));

it('says who started a run, and when, as its history has it', async () => {
  const { entries, asked, sinks } = heard([
    { eventTime, workflowExecutionStartedEventAttributes: { identity: 'ada@ward-7' } },
  ]);
  (sinks.audit.started.fn as Sink)({ ...info, parent: { workflowId: 'table-3' } } as never);
  await expect.poll(() => entries).toHaveLength(1);
  expect(entries[0]).toEqual({
    action: 'run started',
    who: 'ada@ward-7',
    at: '2026-02-03T04:05:06.000Z',
    workflowId: 'brain-1',
    runId: 'r1',
    startedBy: 'table-3',
  });
  expect(asked[0]).toMatchObject({ execution: { workflowId: 'brain-1', runId: 'r1' }, maximumPageSize: 1 });
});

it('says it once, though a workflow task that was done again tells once more', async () => {
  const { entries, sinks } = heard([
    { eventTime, workflowExecutionStartedEventAttributes: { identity: 'ada' } },
  ]);
  for (const runId of ['r1', 'r1', 'r2']) (sinks.audit.started.fn as Sink)({ ...info, runId } as never);
  await expect.poll(() => entries).toHaveLength(2);
  expect(entries).toMatchObject([{ runId: 'r1' }, { runId: 'r2' }]);
});

it('says who cancelled a run, by the last events of its history', async () => {
  const { entries, sinks } = heard([
    { workflowTaskCompletedEventAttributes: {} },
    { eventTime, workflowExecutionCancelRequestedEventAttributes: { identity: 'temporal-cli:bob@desk' } },
  ]);
  (sinks.audit.cancelled.fn as Sink)(info as never);
  await expect.poll(() => entries).toHaveLength(1);
  expect(entries[0]).toMatchObject({ action: 'run cancelled', who: 'temporal-cli:bob@desk', runId: 'r1' });
});

it('has a line without a name where nobody gave one, or the history cannot be read', async () => {
  for (const events of [[{ workflowExecutionStartedEventAttributes: { identity: '' } }], new Error('away')]) {
    const { entries, sinks } = heard(events);
    (sinks.audit.started.fn as Sink)(info as never);
    await expect.poll(() => entries).toHaveLength(1);
    expect(entries[0]).toMatchObject({ action: 'run started', who: null, workflowId: 'brain-1' });
  }
});
