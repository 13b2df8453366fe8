import { experimentType, type RunSettings, workflowType } from '@ddad/contract';
import { type MethodRegistry, methods as shippedMethods } from '@ddad/methods';
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
  /** The same. */
  method: string | null;
  /** The same; null too where the method has none, or it was left to the coordinator and the server shows no search attributes. */
  k: number | null;
  started: Date;
  closed: Date | null;
}

/** What of a client is used: the coordinator's has another kind of connection than the command line's. */
type RunsClient = Pick<Client, 'workflow' | 'connection' | 'options'>;

/** What is listed, and by which methods its input is read. */
export interface ListOptions {
  /** Runs alone unless given. */
  kinds?: readonly RunKind[];
  /** Those that ship unless given. */
  methods?: MethodRegistry;
}

/** Which runs and experiments are listed; all unless something is given. */
export interface RunFilter {
  dataset?: string | undefined;
  method?: string | undefined;
  statuses?: readonly Exclude<RunEntry['status'], 'other'>[] | undefined;
  /** Started since then. */
  since?: Date | undefined;
}

const typeOf: Record<RunKind, string> = { run: workflowType, experiment: experimentType };

/** The latest of the kinds that are wanted, the newest first. Calls have the deadline that the caller sets. */
export function listRuns(
  client: RunsClient,
  limit: number,
  { kinds = ['run'], methods = shippedMethods, ...filter }: ListOptions & RunFilter = {},
): Promise<RunEntry[]> {
  return list(client, methods, [ofKinds(kinds), ...conditionsOf(filter)].join(' AND '), limit, filter);
}

/** What of a filter the server looks at. */
export function conditionsOf({ statuses, since }: RunFilter): string[] {
  const names = statuses?.flatMap((status) => {
    const found = Object.entries(statusNames).find(([, named]) => named === status);
    return found === undefined ? [] : [`'${queryNames[found[0]] ?? ''}'`];
  });
  return [
    ...(names === undefined ? [] : [`ExecutionStatus IN (${names.join(', ')})`]),
    ...(since === undefined ? [] : [`StartTime >= '${since.toISOString()}'`]),
  ];
}

function ofKinds(kinds: readonly RunKind[]): string {
  return `WorkflowType IN (${kinds.map((kind) => `'${typeOf[kind]}'`).join(', ')})`;
}

/** By workflow id or Temporal's run id; null where there is none. Calls have the deadline that the caller sets. */
export async function findRun(
  client: RunsClient,
  reference: string,
  { kinds = ['run'], methods = shippedMethods }: ListOptions = {},
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
    return wanted ? withInput(client, methods, entryOf(info)) : null;
  }
  // Servers take only whole ids of this form as a run's.
  if (!/^[0-9a-f-]{36}$/.test(reference)) return null;
  const entries = await list(client, methods, `${ofKinds(kinds)} AND RunId = '${reference}'`, 1);
  return entries[0] ?? null;
}

/** A run's state from its description. */
export function statusOf({ status }: Pick<WorkflowExecutionInfo, 'status'>): RunEntry['status'] {
  return statusNames[status.name] ?? 'other';
}

async function list(
  client: RunsClient,
  methods: MethodRegistry,
  query: string,
  limit: number,
  { dataset, method }: RunFilter = {},
): Promise<RunEntry[]> {
  const found: FoundRun[] = [];
  const chosen = dataset !== undefined || method !== undefined;
  // Servers list running ones first; beyond this many the oldest are of no interest. Those that an input has to be read of to
  // tell whether they are wanted may be rare.
  const scanned = Math.max(chosen ? 2000 : 200, limit * 2);
  for await (const info of client.workflow.list({ query, pageSize: Math.min(scanned, 1000) })) {
    found.push(entryOf(info));
    if (found.length >= scanned) break;
  }
  found.sort((a, b) => b.started.getTime() - a.started.getTime());
  const wanted: RunEntry[] = [];
  const step = chosen ? inputsAtOnce : limit;
  for (let at = 0; at < found.length && wanted.length < limit; at += step) {
    const some = await Promise.all(found.slice(at, at + step).map((run) => withInput(client, methods, run)));
    wanted.push(
      ...some.filter(
        (run) =>
          (dataset === undefined || run.dataset === dataset) &&
          (method === undefined || run.method === method),
      ),
    );
  }
  return wanted.slice(0, limit);
}

/** Inputs read at a time while runs are searched. */
const inputsAtOnce = 50;

/** What of a run's input is listed. */
type ListedInput = Pick<RunEntry, 'dataset' | 'method' | 'k'>;

const nothingKnown: ListedInput = { dataset: null, method: null, k: null };

async function withInput(
  client: RunsClient,
  methods: MethodRegistry,
  { kNow, ...run }: FoundRun,
): Promise<RunEntry> {
  const input = await inputOf(client, methods, run);
  return { ...run, ...input, k: kNow ?? input.k };
}

async function inputOf(
  client: RunsClient,
  methods: MethodRegistry,
  run: RunHandle & { kind: RunKind },
): Promise<ListedInput> {
  // The workflow's own argument: search attributes may be missing on a server.
  const page = await client.connection.workflowService.getWorkflowExecutionHistory({
    namespace: client.options.namespace,
    execution: { workflowId: run.id, runId: run.executionId },
    maximumPageSize: 1,
  });
  const payload = page.history?.events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads?.[0];
  if (payload === undefined || payload === null) return nothingKnown;
  try {
    return listedInput(methods, run.kind, defaultPayloadConverter.fromPayload(payload));
  } catch {
    // Started by hand with something that is no JSON: such a run was refused, and has no dataset to show.
    return nothingKnown;
  }
}

/** What of a workflow's argument is listed; of an experiment what is the same in all of its runs. */
export function listedInput(methods: MethodRegistry, kind: RunKind, argument: unknown): ListedInput {
  if (kind === 'run') {
    const parsed = methods.parseRunInput(argument);
    return 'input' in parsed ? ofSettings(methods, parsed.input) : nothingKnown;
  }
  const parsed = methods.parseExperiment(argument);
  const runs = 'runs' in parsed ? parsed.runs.map(({ input }) => ofSettings(methods, input)) : [];
  const same = <T>(values: readonly T[]): T | null => {
    const [first, ...others] = new Set(values);
    return first !== undefined && others.length === 0 ? first : null;
  };
  return {
    dataset: same(runs.map(({ dataset }) => dataset)),
    method: same(runs.map(({ method }) => method)),
    k: same(runs.map(({ k }) => k)),
  };
}

function ofSettings(methods: MethodRegistry, settings: RunSettings): ListedInput {
  const { dataset, method } = settings;
  const { k } = methods.method(method).facts(settings);
  return { dataset, method, k: typeof k === 'number' ? k : null };
}

/** A run without its argument. */
interface FoundRun extends Omit<RunEntry, keyof ListedInput> {
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

/** As queries write them. */
const queryNames: Partial<Record<string, string>> = {
  RUNNING: 'Running',
  COMPLETED: 'Completed',
  FAILED: 'Failed',
  CANCELLED: 'Canceled',
  TERMINATED: 'Terminated',
  TIMED_OUT: 'TimedOut',
};

const statusNames: Partial<Record<string, RunEntry['status']>> = {
  RUNNING: 'running',
  COMPLETED: 'completed',
  FAILED: 'failed',
  CANCELLED: 'cancelled',
  TERMINATED: 'terminated',
  TIMED_OUT: 'timed out',
};
