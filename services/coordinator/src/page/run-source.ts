import type { RunProgress, RunResult } from '@ddad/contract';
import { findRun, listRuns, type RunEntry, type RunHandle, statusOf } from '@ddad/runs';
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
  history(kind: 'members' | 'refiners', key: string): Promise<readonly number[] | null>;
  /** A finished run's report page; null where there is none. */
  report(object: string): Promise<Buffer | null>;
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
  return {
    list: (limit) => within(callMs, () => listRuns(client, limit)),
    find: (reference) => within(callMs, () => findRun(client, reference)),
    async state(run) {
      const info = await within(callMs, () => handleOf(run).describe());
      return { status: statusOf(info), closed: info.closeTime ?? null };
    },
    progress: (run) => within(queryMs, () => handleOf(run).query<RunProgress>('progress')),
    result: (run) => within(callMs, () => handleOf(run).result() as Promise<RunResult>),
    async stored(runId) {
      if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(runId)) return null;
      const report = await stored(`reports/${runId}/report.json`);
      return report === null ? null : (JSON.parse(report.toString('utf8')) as RunResult);
    },
    history: async (kind, key) => (await readManifest(store, kind, key))?.history ?? null,
    report: stored,
  };
}
