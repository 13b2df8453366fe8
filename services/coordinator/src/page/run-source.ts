import { type RunProgress, type RunResult, runKeys } from '@ddad/contract';
import {
  findRun,
  listRuns,
  parseReport,
  parseRunResult,
  type RunEntry,
  type RunHandle,
  statusOf,
} from '@ddad/runs';
import { ObjectNotFound, type ObjectStore, readManifest } from '@ddad/storage';
import type { Client } from '@temporalio/client';

/** What the progress page asks about runs. Every call has a deadline. */
export interface RunSource {
  list(limit: number): Promise<RunEntry[]>;
  /** By workflow id or Temporal's run id; null where Temporal knows none. */
  find(reference: string): Promise<RunEntry | null>;
  state(run: RunHandle): Promise<Pick<RunEntry, 'status' | 'closed'>>;
  progress(run: RunHandle): Promise<RunProgress>;
  /** Of a run that is completed. */
  result(run: RunHandle): Promise<RunResult>;
  /** What the store keeps of a finished run once Temporal has forgotten it; null where there is nothing. */
  stored(runId: string): Promise<RunResult | null>;
  /** Losses of a finished job by epoch; null where they are not known. */
  history(kind: string, key: string): Promise<readonly number[] | null>;
  /** The report page of a finished run, by Temporal's id of the execution; null where there is none. */
  report(executionId: string): Promise<Buffer | null>;
}

const callMs = 8_000;
const queryMs = 5_000;

/** Runs as Temporal and the store know them. */
export function runSource(client: Client, store: ObjectStore): RunSource {
  const within = <T>(milliseconds: number, call: () => Promise<T>) =>
    client.connection.withDeadline(Date.now() + milliseconds, call);
  const handleOf = ({ id, executionId }: RunHandle) => client.workflow.getHandle(id, executionId);
  const stored = async (object: string): Promise<Buffer | null> => {
    try {
      return await store.get(object);
    } catch (error) {
      if (error instanceof ObjectNotFound) return null;
      throw error;
    }
  };
  const reported = async (executionId: string): Promise<RunResult | null> => {
    if (!isExecutionId(executionId)) return null;
    const object = runKeys.report(executionId);
    const report = await stored(object);
    return report === null ? null : parseReport(report, object);
  };
  return {
    list: (limit) => within(callMs, () => listRuns(client, limit)),
    find: (reference) => within(callMs, () => findRun(client, reference)),
    async state(run) {
      const info = await within(callMs, () => handleOf(run).describe());
      return { status: statusOf(info), closed: info.closeTime ?? null };
    },
    progress: (run) => within(queryMs, () => handleOf(run).query<RunProgress>('progress')),
    async result(run) {
      // report.json holds all of it; the workflow of a run that is part of an experiment tells less.
      const report = await reported(run.executionId);
      if (report !== null) return report;
      const result: unknown = await within(callMs, () => handleOf(run).result());
      return parseRunResult(result, "the workflow's result");
    },
    stored: reported,
    history: async (kind, key) => (await readManifest(store, kind, key))?.history ?? null,
    // By the run's own id, whatever its result says: who can start a workflow must not choose what is served.
    report: async (executionId) => (isExecutionId(executionId) ? stored(runKeys.page(executionId)) : null),
  };
}

/** Becomes part of an object key. */
function isExecutionId(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text);
}
