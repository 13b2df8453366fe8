import { type RunResult, runKeys } from '@ddad/contract';
import { type LoggedFile, logRun, type MlflowAccess, MlflowClient, MlflowError } from '@ddad/mlflow';
import { reportFigures } from '@ddad/report/run-figures';
import { ObjectNotFound, type ObjectStore } from '@ddad/storage';
import { ApplicationFailure } from '@temporalio/activity';

/**
 * Logs a finished run in MLflow: its input, figures, report.json, page and charts. Names of images, which scores.csv has, are not
 * among them. Doing it again adds what is missing.
 * @param workflowId as `ddad runs` lists it
 * @returns the run's page there
 * @throws ApplicationFailure that says what the server did not do
 */
export async function logToMlflow(
  { store, mlflow }: { store: ObjectStore; mlflow?: MlflowAccess | undefined },
  result: RunResult,
  workflowId: string,
): Promise<string> {
  if (mlflow === undefined)
    throw new Error('expected MLFLOW_TRACKING_URI among the settings, got none any more');
  const { runId, files } = result;
  const logged: LoggedFile[] = [{ path: 'report.json', content: `${JSON.stringify(result, null, 2)}\n` }];
  if (files.page !== null) logged.push(...(await pageOf(store, runId)));
  if (files.scores !== null) {
    const csv = (await store.get(runKeys.scores(runId))).toString('utf8');
    for (const { name, svg } of reportFigures(result, csv))
      logged.push({ path: `figures/${name}`, content: svg });
  }
  try {
    const { url } = await logRun(new MlflowClient(mlflow), {
      result,
      workflowId,
      files: logged,
      now: Date.now(),
    });
    return url;
  } catch (error) {
    if (!(error instanceof MlflowError)) throw error;
    // Without its causes: a run's note is the message of the last one.
    throw ApplicationFailure.retryable(error.message, error.name);
  }
}

async function pageOf(store: ObjectStore, runId: string): Promise<LoggedFile[]> {
  try {
    return [{ path: 'report.html', content: await store.get(runKeys.page(runId)) }];
  } catch (error) {
    if (error instanceof ObjectNotFound) return [];
    throw error;
  }
}
