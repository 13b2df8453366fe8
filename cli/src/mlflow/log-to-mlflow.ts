import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RunResult, runKeys } from '@ddad/contract';
import type { MethodRegistry } from '@ddad/methods';
import { type LoggedFile, logRun, type MlflowAccess, MlflowClient } from '@ddad/mlflow';
import { reportFigures } from '@ddad/report/run-figures';
import type { ObjectStore } from '@ddad/storage';
import { cardMarkdown } from '../card/card-markdown.ts';
import { modelCard } from '../card/model-card.ts';
import { exportRun } from '../onnx/export-run.ts';
import { onnxOf } from '../onnx/onnx-of.ts';

export interface MlflowDeps {
  store: ObjectStore;
  methods: MethodRegistry;
  /** Tells the user in a line. */
  say: (line: string) => void;
}

/**
 * Logs a finished run in MLflow: input, figures, report.json, the page, the model card, charts and, where its method exports one, the
 * ONNX model. What fails is said, and fails nothing: the run is whole without it.
 * @param run.workflowId as `ddad runs` lists it; null where it is not known
 * @returns its page there, null where it could not be logged; and whether all of it was
 */
export async function logToMlflow(
  { store, methods, say }: MlflowDeps,
  access: MlflowAccess,
  run: { result: RunResult; workflowId: string | null },
): Promise<{ url: string | null; whole: boolean }> {
  const directory = await mkdtemp(join(tmpdir(), 'ddad-mlflow-'));
  let [url, whole]: [string | null, boolean] = [null, true];
  /** A part that the others can do without. */
  const part = async (what: string, work: () => Promise<LoggedFile[]>): Promise<LoggedFile[]> => {
    try {
      return await work();
    } catch (error) {
      whole = false;
      say(`mlflow: without ${what}: ${reasonOf(error)}`);
      return [];
    }
  };
  const { result } = run;
  try {
    const files: LoggedFile[] = [
      { path: 'report.json', content: `${JSON.stringify(result, null, 2)}\n` },
      { path: 'card.md', content: cardMarkdown(modelCard(result, methods)) },
      ...(result.files.page === null
        ? []
        : await part('the page', async () => {
            const file = join(directory, 'report.html');
            await store.getToFile(runKeys.page(result.runId), file);
            return [{ path: 'report.html', content: { file } }];
          })),
      ...(await part('figures', async () => {
        if (result.files.scores === null) return [];
        const csv = (await store.get(runKeys.scores(result.runId))).toString('utf8');
        return reportFigures(result, csv).map(({ name, svg }) => ({ path: `figures/${name}`, content: svg }));
      })),
      ...(methods.entry(result.method)?.onnx === undefined
        ? []
        : await part('the ONNX model', () => onnxFiles(store, methods, result, directory))),
    ];
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

async function onnxFiles(
  store: ObjectStore,
  methods: MethodRegistry,
  result: RunResult,
  directory: string,
): Promise<LoggedFile[]> {
  const onnx = await onnxOf(methods, result.method);
  const { files } = await exportRun(store, onnx, result, join(directory, 'model.onnx'));
  return files.map((file) => ({ path: `model/${file.slice(directory.length + 1)}`, content: { file } }));
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
