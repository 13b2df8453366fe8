import { resolve } from 'node:path';
import { runKeys } from '@ddad/contract';
import type { MethodRegistry } from '@ddad/methods';
import { withNames } from '@ddad/report/image-names';
import { readScoresCsv } from '@ddad/report/scores-csv';
import { ObjectNotFound, type ObjectStore } from '@ddad/storage';
import { CommandFailure, exitCodes, noSuchRun } from '../failure.ts';
import { finishedRunId } from '../finished-run.ts';
import { tryFile } from '../output-place.ts';
import { writeWhole } from '../report-files.ts';
import type { Screens } from '../screen.ts';
import { storedResult } from '../stored-results.ts';
import type { TemporalRuns } from '../temporal-runs.ts';

export interface ReportDeps {
  runs: Pick<TemporalRuns, 'find'>;
  methods: MethodRegistry;
  store: ObjectStore;
  screens: Screens;
  /** Shows a file in the user's browser. Rejects where that is not possible. */
  openFile: (path: string) => Promise<void>;
}

/**
 * `ddad report RUN`: fetches a finished run's page.
 * @param options.out the file; default RUN.html in the working directory
 * @param options.names whether the page gets the names of the test images, which scores.csv has
 * @throws CommandFailure where there is no such run, it is not finished, it has no page, or no test images to name
 */
export async function fetchReport(
  deps: ReportDeps,
  options: {
    run: string;
    out?: string | undefined;
    open?: boolean | undefined;
    names?: boolean | undefined;
    cwd: string;
  },
): Promise<{ file: string }> {
  const { store, screens } = deps;
  const file = resolve(options.cwd, options.out ?? `${options.run}.html`);
  await tryFile('--out', file);
  const runId = await finishedRunId(deps.runs, options.run);
  try {
    if (options.names) {
      const page = (await store.get(runKeys.page(runId))).toString('utf8');
      const named = withNames(page, await testImages(store, runId, options.run));
      if (named === null) throw noRoom(options.run);
      await writeWhole(file, named);
    } else await store.getToFile(runKeys.page(runId), file);
  } catch (error) {
    if (!(error instanceof ObjectNotFound)) throw error;
    throw await whyNoPage(store, runId, options.run, error);
  }
  screens.out.write(`${file}\n`);
  if (options.open) await show(deps, file);
  return { file };
}

/**
 * Names of the test images in the order of scores.csv.
 * @throws CommandFailure where there are none
 */
async function testImages(store: ObjectStore, runId: string, run: string): Promise<string[]> {
  try {
    const csv = (await store.get(runKeys.scores(runId))).toString('utf8');
    return readScoresCsv(csv).map(({ image }) => image);
  } catch (error) {
    if (!(error instanceof ObjectNotFound)) throw error;
    const why = `${run} has no test images to name, as it has no scores.csv: "npx ddad report ${run}" fetches its page`;
    throw new CommandFailure(why, exitCodes.badInput, { cause: error });
  }
}

function noRoom(run: string): CommandFailure {
  return new CommandFailure(
    `the page of ${run} has no room for names: it was made before pages listed all test images; a run with the same input ` +
      'makes a new one without training again',
  );
}

async function whyNoPage(
  store: ObjectStore,
  runId: string,
  run: string,
  cause: unknown,
): Promise<CommandFailure> {
  const unknown = noSuchRun(`${run} with a page`, cause);
  try {
    const { files } = await storedResult(store, runId);
    if (files.page !== null) return unknown;
    const why = `${run} has no page: it could not be made, or the run was finished before runs had one`;
    return new CommandFailure(why, undefined, { cause });
  } catch (error) {
    if (error instanceof ObjectNotFound) return unknown;
    throw error;
  }
}

/** @throws CommandFailure that says where the file is */
export async function show(deps: Pick<ReportDeps, 'openFile'>, file: string): Promise<void> {
  try {
    await deps.openFile(file);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CommandFailure(`${file} is there, but no browser could be started: ${reason}`, undefined, {
      cause,
    });
  }
}
