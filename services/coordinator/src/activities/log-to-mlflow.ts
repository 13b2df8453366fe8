import type { RunResult } from '@ddad/contract';
import type { MethodRegistry } from '@ddad/methods';
import { logRun, type MlflowAccess, MlflowClient, MlflowError } from '@ddad/mlflow';
import { runFiles } from '@ddad/mlflow/run-files';
import { removeDirectory, scratchDirectory } from '@ddad/platform';
import { ObjectNotFound, type ObjectReader, StoreError } from '@ddad/storage';
import { ApplicationFailure } from '@temporalio/activity';
import type { ExportRun } from '../export/export-in-process.ts';
import { oneLine } from '../worker-states.ts';

/** Where finished runs are logged, and by what. */
export interface MlflowLogging {
  access: MlflowAccess;
  exportRun: ExportRun;
  /** A directory for files until they are logged. */
  scratch: string;
}

/** What came of it. */
export interface LoggedInMlflow {
  /** The run's page there. */
  url: string;
  /** What could not be had of the run, and why, for people. */
  without: string[];
}

/**
 * Logs a finished run in MLflow: its input, figures and files. What it can do without fails nothing. Doing it again adds what is
 * missing.
 * @param workflowId as `ddad runs` lists it
 * @param signal ends it
 * @throws ApplicationFailure that says what the server did not do; StoreError where the store is away
 */
export async function logToMlflow(
  deps: { store: ObjectReader; methods: MethodRegistry; mlflow?: MlflowLogging | undefined },
  result: RunResult,
  workflowId: string,
  signal?: AbortSignal,
): Promise<LoggedInMlflow> {
  const { store, methods, mlflow } = deps;
  if (mlflow === undefined)
    throw new Error('expected MLFLOW_TRACKING_URI among the settings, got none any more');
  const { access, exportRun, scratch } = mlflow;
  const directory = await scratchDirectory(scratch, 'run');
  try {
    const exportOnnx = (run: RunResult, file: string) => exportRun(run, file, signal);
    const { files, missing } = await runFiles({ store, methods, exportOnnx }, result, directory);
    signal?.throwIfAborted();
    for (const { error } of missing) if (isAway(error)) throw error;
    const client = new MlflowClient(access, { signal });
    const { url } = await logRun(client, { result, workflowId, files, now: Date.now() });
    return { url, without: missing.map(({ what, error }) => `${what}: ${reasonOf(error)}`) };
  } catch (error) {
    if (!(error instanceof MlflowError)) throw error;
    // Without its causes: a run's note is the message of the last one.
    throw ApplicationFailure.retryable(error.message, error.name);
  } finally {
    await removeDirectory(directory);
  }
}

/** Whether the store may have it another time. */
function isAway(error: unknown): boolean {
  return error instanceof StoreError && !(error instanceof ObjectNotFound);
}

function reasonOf(error: unknown): string {
  return oneLine(error instanceof Error ? error.message : String(error));
}
