import type { AuditEntry, Logger } from '@ddad/platform';
import { tsToDate } from '@temporalio/common/lib/time.js';
import type { InjectedSinks, NativeConnection } from '@temporalio/worker';
import type { WorkflowInfo } from '@temporalio/workflow';
import { LRUCache } from 'lru-cache';
import type { AuditSinks } from './workflows/audit-sinks.ts';

const callLimitMs = 10_000;
/** Runs that are remembered as told: a workflow task that the server did not take is done again, and tells once more. */
const remembered = 10_000;
/** Events at the end of a history among which a cancellation is looked for: it ends with what let go of its workers. */
const lastEvents = 500;

type Connection = Pick<NativeConnection, 'withDeadline' | 'workflowService'>;
type Info = Pick<WorkflowInfo, 'namespace' | 'workflowId' | 'runId' | 'parent'>;

/**
 * Keeps the audit of runs and experiments: who started and who cancelled one, as its history says. A run whose history cannot be
 * read has its line all the same, without a name.
 */
export function auditSinks(
  connection: Connection,
  audit: (entry: AuditEntry) => void,
  logger: Logger,
): InjectedSinks<AuditSinks> {
  const seen = new LRUCache<string, true>({ max: remembered });
  const told = (action: AuditEntry['action'], find: (info: Info) => Promise<Found>) => ({
    // The workflow does not wait for it.
    fn: (info: WorkflowInfo) => void tell(action, find, info),
    callDuringReplay: false,
  });
  const tell = async (action: AuditEntry['action'], find: (info: Info) => Promise<Found>, info: Info) => {
    const { workflowId, runId, parent } = info;
    const what = `${action} ${runId}`;
    if (seen.has(what)) return;
    seen.set(what, true);
    const found = await find(info).catch((error: unknown): Found => {
      logger.warn({ err: error, workflowId, runId }, 'nothing says who did what is audited');
      return null;
    });
    audit({
      action,
      who: found?.identity || null,
      ...(found?.at === undefined ? {} : { at: found.at }),
      ...{ workflowId, runId },
      ...(parent === undefined ? {} : { startedBy: parent.workflowId }),
    });
  };
  return {
    audit: {
      started: told('run started', (info) => startOf(connection, info)),
      cancelled: told('run cancelled', (info) => cancellationOf(connection, info)),
    },
  };
}

/** For workers that nobody keeps an audit of. */
export const noAudit: InjectedSinks<AuditSinks> = {
  audit: {
    started: { fn() {}, callDuringReplay: false },
    cancelled: { fn() {}, callDuringReplay: false },
  },
};

type Found = { identity: string | null | undefined; at: string | undefined } | null;

async function startOf(connection: Connection, { namespace, workflowId, runId }: Info): Promise<Found> {
  const { history } = await connection.withDeadline(Date.now() + callLimitMs, () =>
    connection.workflowService.getWorkflowExecutionHistory({
      ...{ namespace, execution: { workflowId, runId } },
      maximumPageSize: 1,
    }),
  );
  const event = history?.events?.[0];
  const started = event?.workflowExecutionStartedEventAttributes;
  return started == null ? null : { identity: started.identity, at: timeOf(event?.eventTime) };
}

async function cancellationOf(
  connection: Connection,
  { namespace, workflowId, runId }: Info,
): Promise<Found> {
  const { history } = await connection.withDeadline(Date.now() + callLimitMs, () =>
    connection.workflowService.getWorkflowExecutionHistoryReverse({
      ...{ namespace, execution: { workflowId, runId } },
      maximumPageSize: lastEvents,
    }),
  );
  const event = history?.events?.find(
    ({ workflowExecutionCancelRequestedEventAttributes: requested }) => requested != null,
  );
  const requested = event?.workflowExecutionCancelRequestedEventAttributes;
  return requested == null ? null : { identity: requested.identity, at: timeOf(event?.eventTime) };
}

function timeOf(time: Parameters<typeof tsToDate>[0] | null | undefined): string | undefined {
  return time == null ? undefined : tsToDate(time).toISOString();
}
