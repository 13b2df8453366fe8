import type { RunResult } from '@ddad/contract';
import type { MethodRegistry } from '@ddad/methods';
import type { MlflowAccess } from '@ddad/mlflow';
import type { ObjectStore } from '@ddad/storage';
import { CommandFailure } from '../failure.ts';
import { logToMlflow } from '../mlflow/log-to-mlflow.ts';
import type { Screens } from '../screen.ts';

/**
 * `ddad mlflow RUN URI`: logs a finished run in MLflow, where it was not logged before.
 * @returns its page there
 * @throws CommandFailure where there is no such run, it is not finished, or not all of it could be logged
 */
export async function logFinishedRun(
  deps: {
    store: ObjectStore;
    methods: MethodRegistry;
    screens: Screens;
    result: (run: string) => Promise<RunResult>;
  },
  { run, access }: { run: string; access: MlflowAccess },
): Promise<{ url: string }> {
  const { screens } = deps;
  const result = await deps.result(run);
  const workflowId = run === result.runId ? null : run;
  const missed: string[] = [];
  const say = (line: string) => missed.push(line);
  const { url, whole } = await logToMlflow({ ...deps, say }, access, { result, workflowId });
  if (url === null || !whole) throw new CommandFailure(missed.join('\n'));
  screens.out.write(`${url}\n`);
  return { url };
}
