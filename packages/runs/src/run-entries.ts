import { experimentType, parseExperiment, parseRunInput, workflowType } from '@ddad/contract';
import {
  type Client,
  defaultPayloadConverter,
  type WorkflowExecutionInfo,
  WorkflowNotFoundError,
} from '@temporalio/client';

/** One execution of the workflow. */
export interface RunHandle {
  /** What users call the run: the workflow's id. */
  id: string;
  /** Temporal's own id of the execution. */
  executionId: string;
}

/** What there is to list: runs, and experiments, which are made of runs. */
export type RunKind = 'run' | 'experiment';

/** A run or an experiment as `ddad runs` lists it. */
export interface RunEntry extends RunHandle {
  kind: RunKind;
  status: 'running' | 'completed' | 'failed' | 'cancelled' | 'terminated' | 'timed out' | 'other';
  /** From the workflow's argument, of an experiment what all of its runs share; null where that holds none. */
  dataset: string | null;
  /** The same; null too where it was left to the coordinator and the server shows no search attributes. */
  k: number | null;
  started: Date;
  closed: Date | null;
}

/** What of a client is used: the coordinator's has another kind of connection than the command line's. */
type RunsClient = Pick<Client, 'workflow' | 'connection' | 'options'>;

const typeOf: Record<RunKind, string> = { run: workflowType, experiment: experimentType };

/** The latest of the kinds that are wanted, the newest first. Calls have the deadline that the caller sets. */
export function listRuns(
  client: RunsClient,
  limit: number,
  kinds: readonly RunKind[] = ['run'],
): Promise<RunEntry[]> {
  return list(client, ofKinds(kinds), limit);
}

function ofKinds(kinds: readonly RunKind[]): string {
  return `WorkflowType IN (${kinds.map((kind) => `'${typeOf[kind]}'`).join(', ')})`;
}

/** By workflow id or Temporal's run id; null where there is none. Calls have the deadline that the caller sets. */
export async function findRun(
  client: RunsClient,
  reference: string,
  kinds: readonly RunKind[] = ['run'],
): Promise<RunEntry | null> {
  const info = await client.workflow
    .getHandle(reference)
    .describe()
    .catch((error: unknown) => {
      if (error instanceof WorkflowNotFoundError) return null;
      throw error;
    });
  if (info !== null) {
    const wanted = kinds.some((kind) => typeOf[kind] === info.type);
    return wanted ? withInput(client, entryOf(info)) : null;
  }
  // Servers take only whole ids of this form as a run's.
  if (!/^[0-9a-f-]{36}$/.test(reference)) return null;
  const entries = await list(client, `${ofKinds(kinds)} AND RunId = '${reference}'`, 1);
  return entries[0] ?? null;
}

/** A run's state from its description. */
export function statusOf({ status }: Pick<WorkflowExecutionInfo, 'status'>): RunEntry['status'] {
  return statusNames[status.name] ?? 'other';
}

async function list(client: RunsClient, query: string, limit: number): Promise<RunEntry[]> {
  const found: FoundRun[] = [];
  // Servers list running ones first; beyond this many the oldest are of no interest.
  const scanned = Math.max(200, limit * 2);
  for await (const info of client.workflow.list({ query, pageSize: Math.min(scanned, 1000) })) {
    found.push(entryOf(info));
    if (found.length >= scanned) break;
  }
  found.sort((a, b) => b.started.getTime() - a.started.getTime());
  return Promise.all(found.slice(0, limit).map((run) => withInput(client, run)));
}

async function withInput(client: RunsClient, { kNow, ...run }: FoundRun): Promise<RunEntry> {
  const { dataset, k } = await inputOf(client, run);
  return { ...run, dataset, k: kNow ?? k };
}

async function inputOf(
  client: RunsClient,
  run: RunHandle & { kind: RunKind },
): Promise<Pick<RunEntry, 'dataset' | 'k'>> {
  // The workflow's own argument: search attributes may be missing on a server.
  const page = await client.connection.workflowService.getWorkflowExecutionHistory({
    namespace: client.options.namespace,
    execution: { workflowId: run.id, runId: run.executionId },
    maximumPageSize: 1,
  });
  const payload = page.history?.events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads?.[0];
  if (payload === undefined || payload === null) return { dataset: null, k: null };
  try {
    const argument: unknown = defaultPayloadConverter.fromPayload(payload);
    if (run.kind === 'experiment') return sharedFields(argument);
    const parsed = parseRunInput(argument);
    if ('input' in parsed) {
      const { dataset, k } = parsed.input;
      return { dataset, k: k === 'auto' ? null : k };
    }
  } catch {
    // Started by hand with something that is no JSON: such a run was refused, and has no dataset to show.
  }
  return { dataset: null, k: null };
}

/** What of an experiment's runs is the same in all of them. */
function sharedFields(argument: unknown): Pick<RunEntry, 'dataset' | 'k'> {
  const parsed = parseExperiment(argument);
  const runs = 'runs' in parsed ? parsed.runs.map(({ input }) => input) : [];
  const same = <T>(values: T[]) => (new Set(values).size === 1 ? values[0]! : null);
  return {
    dataset: same(runs.map(({ dataset }) => dataset)),
    k: same(runs.map(({ k }) => (k === 'auto' ? null : k))),
  };
}

/** A run without its argument. */
interface FoundRun extends Omit<RunEntry, 'dataset' | 'k'> {
  /** K after members were added; null where the server does not know the search attribute. */
  kNow: number | null;
}

function entryOf(
  info: Pick<
    WorkflowExecutionInfo,
    'type' | 'workflowId' | 'runId' | 'status' | 'startTime' | 'closeTime' | 'searchAttributes'
  >,
): FoundRun {
  const kNow: unknown = info.searchAttributes.DdadK?.[0];
  return {
    kind: info.type === experimentType ? 'experiment' : 'run',
    kNow: typeof kNow === 'number' ? kNow : null,
    id: info.workflowId,
    executionId: info.runId,
    status: statusOf(info),
    started: info.startTime,
    closed: info.closeTime ?? null,
  };
}

const statusNames: Partial<Record<string, RunEntry['status']>> = {
  RUNNING: 'running',
  COMPLETED: 'completed',
  FAILED: 'failed',
  CANCELLED: 'cancelled',
  TERMINATED: 'terminated',
  TIMED_OUT: 'timed out',
};
