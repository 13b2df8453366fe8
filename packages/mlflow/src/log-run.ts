import type { RunResult } from '@ddad/contract';
import type { MlflowClient, RunInfo } from './client.ts';
import { runRecord } from './run-record.ts';

/** A file of a run. */
export interface LoggedFile {
  /** Within the run: `figures/roc.svg`. */
  path: string;
  /** The content, or the path of a file that holds it. */
  content: string | Buffer | { file: string };
}

export interface LoggedRun {
  result: RunResult;
  /** As `ddad runs` lists it; null where it is not known. */
  workflowId: string | null;
  files: readonly LoggedFile[];
  /** Milliseconds since 1970. */
  now: number;
}

/** Name of the MLflow experiment of all runs of a dataset. */
export const experimentName = (dataset: string) => `ddad ${dataset}`;

/** Where a run was logged. */
export interface MlflowRun {
  run: string;
  /** Its page. */
  url: string;
}

/**
 * Logs a finished run: into experiment `ddad DATASET`, once. A run that is there is completed, not doubled: who tries again after a
 * failure goes on, and files that it does not have yet are added.
 * @throws MlflowError
 */
export async function logRun(
  client: MlflowClient,
  { result, workflowId, files, now }: LoggedRun,
): Promise<MlflowRun> {
  const { name, params, metrics, tags } = runRecord(result, workflowId);
  const experiment = await client.experiment(experimentName(result.dataset));
  const mark = tags.find(({ key }) => key === 'ddad.run')!;
  const startTime = Math.round(now - 1000 * (result.seconds.total ?? 0));
  const run =
    (await client.findRun(experiment, mark)) ??
    (await client.createRun(experiment, { name, startTime, tags }));
  const finished = run.status === 'FINISHED';
  if (!finished) {
    const timed = metrics.map((metric) => ({ ...metric, timestamp: now, step: 0 }));
    await client.log(run.run_id, timed, params, tags);
  }
  await putMissing(client, run, files);
  if (!finished) await client.endRun(run.run_id, 'FINISHED', now);
  return { run: run.run_id, url: `${client.address}/#/experiments/${experiment}/runs/${run.run_id}` };
}

/** Uploads what is not there: a file is whole or absent. */
async function putMissing(client: MlflowClient, run: RunInfo, files: readonly LoggedFile[]): Promise<void> {
  const folders = Map.groupBy(files, ({ path }) => path.split('/').slice(0, -1).join('/'));
  for (const [folder, own] of folders) {
    const there = new Set(await client.listArtifacts(run.run_id, folder));
    for (const { path, content } of own) if (!there.has(path)) await client.putArtifact(run, path, content);
  }
}
