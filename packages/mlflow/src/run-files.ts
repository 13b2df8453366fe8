import { join } from 'node:path';
import { type RunResult, runKeys } from '@ddad/contract';
import type { MethodRegistry } from '@ddad/methods';
import { cardMarkdown, modelCard } from '@ddad/report/card';
import { reportFigures } from '@ddad/report/run-figures';
import type { ObjectReader } from '@ddad/storage';
import type { LoggedFile } from './log-run.ts';

/** Where a finished run's files come from. */
export interface RunFileSources {
  store: ObjectReader;
  methods: MethodRegistry;
  /**
   * Writes a run's scorer as an ONNX model.
   * @returns paths: the file's, and where the weights lie beside it, theirs
   */
  exportOnnx: (result: RunResult, file: string) => Promise<readonly string[]>;
}

/** A part of a run that could not be had, which the others can do without. */
export interface MissingPart {
  /** For people: `the ONNX model`. */
  what: string;
  error: unknown;
}

/**
 * What is logged of a finished run beside its figures: report.json, the model card, the page, charts and, where its method exports one,
 * the ONNX model. Names of images, which scores.csv has, are not among it.
 * @param directory for the large files, which have to stay until they are logged
 */
export async function runFiles(
  { store, methods, exportOnnx }: RunFileSources,
  result: RunResult,
  directory: string,
): Promise<{ files: LoggedFile[]; missing: MissingPart[] }> {
  const { runId } = result;
  const files: LoggedFile[] = [{ path: 'report.json', content: `${JSON.stringify(result, null, 2)}\n` }];
  const missing: MissingPart[] = [];
  const part = async (what: string, work: () => LoggedFile[] | Promise<LoggedFile[]>) => {
    try {
      files.push(...(await work()));
    } catch (error) {
      missing.push({ what, error });
    }
  };
  await part('the model card', () => [
    { path: 'card.md', content: cardMarkdown(modelCard(result, methods)) },
  ]);
  if (result.files.page !== null) {
    await part('the page', async () => {
      const file = join(directory, 'report.html');
      await store.getToFile(runKeys.page(runId), file);
      return [{ path: 'report.html', content: { file } }];
    });
  }
  if (result.files.scores !== null) {
    await part('figures', async () => {
      const csv = (await store.get(runKeys.scores(runId))).toString('utf8');
      return reportFigures(result, csv).map(({ name, svg }) => ({ path: `figures/${name}`, content: svg }));
    });
  }
  if (methods.entry(result.method)?.onnx !== undefined) {
    await part('the ONNX model', async () => {
      const written = await exportOnnx(result, join(directory, 'model.onnx'));
      return written.map((file) => ({
        path: `model/${file.slice(directory.length + 1)}`,
        content: { file },
      }));
    });
  }
  return { files, missing };
}
