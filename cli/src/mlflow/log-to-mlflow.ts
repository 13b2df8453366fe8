import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunResult } from '@ddad/contract';
import type { MethodRegistry } from '@ddad/methods';
import { logRun, type MlflowAccess, MlflowClient } from '@ddad/mlflow';
import { runFiles } from '@ddad/mlflow/run-files';
import { exportRun } from '@ddad/onnx/run';
import type { ObjectStore } from '@ddad/storage';
import { onnxOf } from '../onnx/onnx-of.ts';

export interface MlflowDeps {
  store: ObjectStore;
  methods: MethodRegistry;
  /** Tells the user in a line. */
  say: (line: string) => void;
}

/**
 * Logs a finished run in MLflow: its input, figures and files. What fails is said, and fails nothing: the run is whole without it.
 * @param run.workflowId as `ddad runs` lists it; null where it is not known
 * @returns its page there, null where it could not be logged; and whether all of it was
 */
export async function logToMlflow(
  { store, methods, say }: MlflowDeps,
  access: MlflowAccess,
  run: { result: RunResult; workflowId: string | null },
): Promise<{ url: string | null; whole: boolean }> {
  const directory = await mkdtemp(join(tmpdir(), 'ddad-mlflow-'));
  const exportOnnx = async (result: RunResult, file: string) => {
    const onnx = await onnxOf(methods, result.method);
    return (await exportRun(store, onnx, result, file)).files;
  };
  let [url, whole]: [string | null, boolean] = [null, true];
  try {
    const { files, missing } = await runFiles({ store, methods, exportOnnx }, run.result, directory);
    for (const { what, error } of missing) {
      whole = false;
      say(`mlflow: without ${what}: ${reasonOf(error)}`);
    }
    ({ url } = await logRun(new MlflowClient(access), { ...run, files, now: Date.now() }));
    say(`mlflow: ${url}`);
  } catch (error) {
    whole = false;
    say(`mlflow: the run could not be logged: ${reasonOf(error)}`);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
  return { url, whole };
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
