import {
  type AddMembersResult,
  addMembersUpdate,
  type ExperimentInput,
  type ExperimentProgress,
  type ExperimentResult,
  experimentType,
  type Fault,
  forecastType,
  pauseSignal,
  type RunForecast,
  type RunProgress,
  type RunSettings,
  resumeSignal,
  taskQueue,
  workflowType,
} from '@ddad/contract';
import type { MethodRegistry } from '@ddad/methods';
import { type TemporalAccess, temporalClientOptions } from '@ddad/platform';
import {
  type ArtifactsUnderWay,
  artifactsUnderWay,
  findRun,
  type ListOptions,
  listRuns,
  parseExperimentResult,
  parseWorkflowResult,
  type RunEntry,
  type RunFilter,
  type RunHandle,
  runSummary,
  statusOf,
  type WorkflowResult,
} from '@ddad/runs';
import {
  ApplicationFailure,
  CancelledFailure,
  Client,
  Connection,
  isGrpcDeadlineError,
  isGrpcServiceError,
  TerminatedFailure,
  WorkflowFailedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
} from '@temporalio/client';
import { whoAmI } from './audit-file.ts';
import { badInput, CommandFailure, exitCodes } from './failure.ts';
import { aborted } from './waiting.ts';

export type { RunEntry, RunHandle } from '@ddad/runs';

/** Runs and experiments in Temporal. Every call ends within its deadline. */
export interface TemporalRuns {
  start(id: string, input: RunSettings): Promise<RunHandle>;
  /**
   * What a run of this input would do.
   * @param signal gives it up; it then rejects with the signal's reason
   * @throws CommandFailure with every fault of the input; where no coordinator answers within two minutes
   */
  foresee(id: string, input: RunSettings, signal: AbortSignal): Promise<RunForecast>;
  /** @param limit milliseconds to wait for an answer at most; 5,000 unless given */
  progress(run: RunHandle, limit?: number): Promise<RunProgress>;
  /** Waits for the run's end, however long that takes. */
  result(run: RunHandle): Promise<WorkflowResult>;
  startExperiment(id: string, input: ExperimentInput): Promise<RunHandle>;
  experimentProgress(experiment: RunHandle): Promise<ExperimentProgress>;
  /** Waits for the experiment's end, however long that takes. */
  experimentResult(experiment: RunHandle): Promise<ExperimentResult>;
  /** The latest, the newest first. */
  list(limit: number, filter?: RunFilter): Promise<RunEntry[]>;
  /** By workflow id or Temporal's run id; null where there is none. */
  find(reference: string): Promise<RunEntry | null>;
  status(run: RunHandle): Promise<RunEntry['status']>;
  requestCancel(run: RunHandle): Promise<void>;
  pause(run: RunHandle): Promise<void>;
  resume(run: RunHandle): Promise<void>;
  /** @throws CommandFailure with the run's own words where it refuses */
  addMembers(run: RunHandle, k: number): Promise<AddMembersResult>;
  /** Takes what Temporal keeps of a run that has ended off its server; what it has forgotten already is no fault. */
  forget(run: RunHandle): Promise<void>;
  /** What all runs and experiments under way want. */
  underWay(): Promise<ArtifactsUnderWay>;
  close(): Promise<void>;
}

/** How to reach Temporal. */
export interface TemporalPlace extends TemporalAccess {
  namespace: string;
}

/** The server takes 400 bytes. */
const summaryLength = 100;

const connectLimit = 6_000;
const callLimit = 8_000;
/** An update ends once its members are planned, for which the coordinator may have to read the dataset. */
const updateLimit = 60_000;
/** One long poll for a run's end; the server answers within 20 s. */
const pollLimit = 60_000;
/** For how long a coordinator may take to say what a run would do: it may have to read the dataset. */
const forecastLimit = 120_000;
/** For how long a server may be away while a run is followed. */
const awayLimit = 120_000;

/**
 * @param methods by which runs' inputs are read
 * @throws CommandFailure where the server does not answer within 6 s
 */
export async function connectTemporal(
  { namespace, ...access }: TemporalPlace,
  methods: MethodRegistry,
): Promise<TemporalRuns> {
  const listed: ListOptions = { kinds: ['run', 'experiment'], methods };
  const { proxy } = access;
  const address =
    proxy === undefined ? access.address : `${access.address} (through the proxy ${proxy.targetHost})`;
  let connection: Connection;
  try {
    connection = await Connection.connect({ ...temporalClientOptions(access), connectTimeout: connectLimit });
  } catch (error) {
    throw unreachable(address, error);
  }
  const identity = whoAmI();
  const client = new Client({ connection, namespace, ...(identity === null ? {} : { identity }) });

  async function call<T>(work: () => Promise<T>, limit = callLimit): Promise<T> {
    try {
      return await connection.withDeadline(Date.now() + limit, work);
    } catch (error) {
      throw explain(error, address);
    }
  }

  const handleOf = (run: RunHandle) => client.workflow.getHandle(run.id, run.executionId);

  async function start(type: string, id: string, input: unknown, summary: string): Promise<RunHandle> {
    const staticSummary = summary.slice(0, summaryLength);
    const handle = await call(() =>
      client.workflow.start(type, { taskQueue, workflowId: id, args: [input], staticSummary }),
    );
    return { id, executionId: handle.firstExecutionRunId };
  }

  /** Waits for a workflow's result through polls that break off. */
  async function outcome(run: RunHandle, what: string): Promise<unknown> {
    let awaySince: number | null = null;
    for (;;) {
      try {
        return await connection.withDeadline(
          Date.now() + pollLimit,
          () => handleOf(run).result() as Promise<unknown>,
        );
      } catch (error) {
        if (error instanceof WorkflowFailedError) throw runFailure(error, what);
        if (!isConnectionFailure(error)) throw explain(error, address);
        if (isGrpcDeadlineError(error)) {
          // Either the poll's time was up with the run still going, or nobody answered: describing tells which.
          if (
            await call(() => handleOf(run).describe()).then(
              () => true,
              () => false,
            )
          ) {
            awaySince = null;
            continue;
          }
        }
        awaySince ??= Date.now();
        if (Date.now() - awaySince > awayLimit) throw explain(error, address);
        await new Promise((resolve) => setTimeout(resolve, 1_000));
      }
    }
  }

  const forget = (run: RunHandle) =>
    call(async () => {
      const workflowExecution = { workflowId: run.id, runId: run.executionId };
      try {
        await client.workflowService.deleteWorkflowExecution({ namespace, workflowExecution });
      } catch (error) {
        if (!isGrpcServiceError(error) || error.code !== notFound) throw error;
      }
    });

  return {
    start: (id, input) => start(workflowType, id, input, runSummary(input, methods)),
    async foresee(id, input, signal) {
      const handle = await call(() =>
        client.workflow.start(forecastType, {
          taskQueue,
          workflowId: id,
          args: [input],
          workflowExecutionTimeout: forecastLimit,
        }),
      );
      const run = { id, executionId: handle.firstExecutionRunId };
      try {
        return (await Promise.race([outcome(run, 'run'), aborted(signal)])) as RunForecast;
      } finally {
        // It is no run: nobody is to find it among them, nor to plan it for nobody. Temporal forgets it by itself where this fails.
        await forget(run).catch(() => {});
      }
    },
    progress: (run, limit = 5_000) => call(() => handleOf(run).query<RunProgress>('progress'), limit),
    result: (run) => outcome(run, 'run').then(parseWorkflowResult),
    startExperiment: (id, input) =>
      start(experimentType, id, input, `over ${Object.keys(input.axes ?? {}).join(', ')}`),
    experimentProgress: (run) => call(() => handleOf(run).query<ExperimentProgress>('progress'), 5_000),
    experimentResult: (run) => outcome(run, 'experiment').then(parseExperimentResult),
    list: (limit, filter = {}) => call(() => listRuns(client, limit, { ...listed, ...filter })),
    find: (reference) => call(() => findRun(client, reference, listed)),
    async status(run) {
      return statusOf(await call(() => handleOf(run).describe()));
    },
    async requestCancel(run) {
      await call(() => handleOf(run).cancel());
    },
    async pause(run) {
      await call(() => handleOf(run).signal(pauseSignal));
    },
    async resume(run) {
      await call(() => handleOf(run).signal(resumeSignal));
    },
    addMembers: (run, k) =>
      call(async () => {
        try {
          return await handleOf(run).executeUpdate<AddMembersResult, [{ k: number }]>(addMembersUpdate, {
            args: [{ k }],
          });
        } catch (error) {
          if (!(error instanceof WorkflowUpdateFailedError)) throw error;
          const reason = innermostMessage(error);
          throw new CommandFailure(`${run.id} takes no members: ${reason}`, exitCodes.badInput, {
            cause: error,
          });
        }
      }, updateLimit),
    forget,
    async underWay() {
      try {
        return await artifactsUnderWay(client);
      } catch (error) {
        throw explain(error, address);
      }
    },
    close: () => connection.close(),
  };
}

/** gRPC's NOT_FOUND. */
const notFound = 5;

/**
 * gRPC codes that mean that nobody answered: UNAVAILABLE and DEADLINE_EXCEEDED; CANCELLED is what a long poll ends with where
 * client or server gave it up first. Nothing of ours cancels a call.
 */
const unanswered: ReadonlySet<number> = new Set([1, 4, 14]);

function isConnectionFailure(error: unknown): boolean {
  const cause = error instanceof Error && isGrpcServiceError(error.cause) ? error.cause : error;
  return isGrpcDeadlineError(error) || (isGrpcServiceError(cause) && unanswered.has(cause.code));
}

function innermostMessage(error: Error): string {
  return error.cause instanceof Error ? innermostMessage(error.cause) : error.message;
}

function unreachable(address: string, cause: unknown): CommandFailure {
  return new CommandFailure(
    `Temporal at ${address} does not answer: is the cluster up? ("make status", TEMPORAL_ADDRESS)`,
    exitCodes.failed,
    { cause },
  );
}

function explain(error: unknown, address: string): unknown {
  if (error instanceof CommandFailure || error instanceof WorkflowNotFoundError) return error;
  if (isGrpcDeadlineError(error)) {
    return new CommandFailure(
      `Temporal at ${address} or the coordinator does not answer in time`,
      exitCodes.failed,
      {
        cause: error,
      },
    );
  }
  if (isConnectionFailure(error)) return unreachable(address, error);
  const inner = error instanceof Error && error.cause instanceof Error ? error.cause.message : null;
  if (error instanceof Error) {
    return new CommandFailure(`Temporal: ${inner ?? error.message}`, exitCodes.failed, { cause: error });
  }
  return error;
}

/**
 * A failed run as the user is told of it. `InvalidInput` is listed as the input's own check lists its faults, every
 * other failure by its innermost cause.
 */
export function runFailure(error: WorkflowFailedError, what = 'run'): CommandFailure {
  let cause: Error | undefined = error.cause;
  let innermost = error.cause;
  while (cause !== undefined) {
    innermost = cause;
    if (cause instanceof ApplicationFailure && cause.type === 'InvalidInput') {
      const heading = `the ${what} was refused: its input is at fault`;
      return badInput(heading, faultsIn(cause));
    }
    if (cause instanceof CancelledFailure) {
      return new CommandFailure(`the ${what} was cancelled`, exitCodes.runFailed, { cause: error });
    }
    if (cause instanceof TerminatedFailure) {
      return new CommandFailure(`the ${what} was terminated`, exitCodes.runFailed, { cause: error });
    }
    cause = cause.cause instanceof Error ? cause.cause : undefined;
  }
  return new CommandFailure(
    `the ${what} failed: ${innermost?.message ?? error.message}`,
    exitCodes.runFailed,
    {
      cause: error,
    },
  );
}

/** The faults as the coordinator lists them in the failure's details, else its message, line by line. */
function faultsIn(failure: ApplicationFailure): Fault[] {
  const listed: unknown[] = [failure.details ?? []].flat(2);
  if (listed.length > 0 && listed.every(isFault)) return listed;
  const lines = failure.message.split('\n').filter((line) => line.trim() !== '');
  return lines.map((message) => ({ path: '', message }));
}

function isFault(value: unknown): value is Fault {
  if (typeof value !== 'object' || value === null) return false;
  return (
    'path' in value &&
    typeof value.path === 'string' &&
    'message' in value &&
    typeof value.message === 'string'
  );
}
