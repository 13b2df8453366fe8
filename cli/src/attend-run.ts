import type { RunResult } from '@ddad/contract';
import type { MethodRegistry } from '@ddad/methods';
import type { MlflowAccess } from '@ddad/mlflow';
import { type ObjectStore, readManifest } from '@ddad/storage';
import { CommandFailure, exitCodes } from './failure.ts';
import { followRun } from './follow-run.ts';
import type { Interruption } from './interruption.ts';
import type { LiveFeed } from './live-feed.ts';
import { saveReport } from './report-files.ts';
import { resultLines } from './result-table.ts';
import { displayFor } from './run-display.ts';
import { type Screens, styled } from './screen.ts';
import { storedResult } from './stored-results.ts';
import type { RunHandle, TemporalRuns } from './temporal-runs.ts';

/** What it takes to follow a run. */
export interface RunDeps {
  runs: TemporalRuns;
  methods: MethodRegistry;
  store: () => ObjectStore;
  /** Rejects where live figures cannot be had. */
  live: () => Promise<LiveFeed>;
  screens: Screens;
  /** Milliseconds, only forward. */
  now: () => number;
  /** The run's page in the Temporal UI; null where no UI is known. */
  page: (run: RunHandle) => string | null;
  /** The run's progress page; null where none is known. */
  progressPage: (run: RunHandle) => string | null;
  /** Ctrl-C and the like, which end the command and leave the run alone. */
  interruption: Interruption;
}

/** What to do with its result. */
export interface RunOptions {
  /** Directory for report.json, report.html and scores.csv, also as a function of the result's runId. */
  out?: string | ((runId: string) => string) | undefined;
  /** The MLflow server in which it is logged. */
  mlflow?: MlflowAccess | undefined;
  /** When the run began, on the clock of `now`; now unless given. */
  since?: number;
}

/**
 * Follows a run to its end and prints its scores; shows where else it can be followed.
 * @throws CommandFailure with the exit code that the end gives
 */
export async function attendRun(deps: RunDeps, handle: RunHandle, options: RunOptions): Promise<RunResult> {
  const { runs, screens, interruption } = deps;
  const { out, err } = screens;
  const page = deps.page(handle);
  const progressPage = deps.progressPage(handle);
  interruption.means(goesOn(handle));
  err.write(`run ${handle.id}\n`);
  for (const address of [page, progressPage]) if (address !== null) err.write(`${address}\n`);

  const display = displayFor(err, deps.now);
  const feed = deps.live().catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    display.say(`figures come about once a minute only: ${reason}`);
    return null;
  });
  const running = runs
    .result(handle)
    .then(({ runId, result: whole }) => whole ?? storedResult(deps.store(), runId));
  // Whoever detaches leaves it behind; its failure then is nobody's.
  running.catch(() => {});
  let result: RunResult;
  try {
    result = await followRun({
      queryProgress: () => runs.progress(handle),
      result: running,
      live: feed.then((connected) => connected?.subscribe ?? null),
      display,
      now: deps.now,
      ...(options.since === undefined ? {} : { since: options.since }),
      history: async (kind, key) => (await readManifest(deps.store(), kind, key))?.history ?? null,
      detach: interruption.signal,
    });
  } catch (error) {
    interruption.check();
    if (error instanceof CommandFailure && error.exitCode === exitCodes.runFailed && page !== null) {
      throw new CommandFailure(`${error.message}\n  ${page}`, error.exitCode, { cause: error });
    }
    throw error;
  } finally {
    void feed.then((connected) => connected?.close());
  }

  interruption.means(
    `interrupted: the run is finished; "npx ddad watch ${handle.id}" shows its scores, "npx ddad report ${handle.id}" its page`,
  );
  interruption.check();
  const [heading, ...lines] = resultLines(result, deps.methods);
  out.write(`\n${[styled(out, 'bold', heading ?? ''), ...lines].join('\n')}\n`);
  if (page !== null) out.write(`run:    ${page}\n`);
  const { out: directory } = options;
  if (directory !== undefined) {
    const files = await saveReport(
      deps.store(),
      result,
      typeof directory === 'string' ? directory : directory(result.runId),
      interruption.signal,
    ).catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      throw new CommandFailure(
        `the run is finished, but its report could not be saved: ${reason}`,
        undefined,
        {
          cause: error,
        },
      );
    });
    interruption.check();
    out.write(`report: ${files.report}\npage:   ${files.page ?? noPage}\n`);
    if (files.scores !== null) out.write(`scores: ${files.scores}\n`);
  } else {
    const page = result.files.page === null ? noPage : `npx ddad report ${handle.id} --open`;
    out.write(`report: ${page}\n`);
  }
  if (options.mlflow !== undefined) {
    const { logToMlflow } = await import('./mlflow/log-to-mlflow.ts');
    const { methods } = deps;
    const tell = (line: string) => err.write(`${line}\n`);
    await logToMlflow({ store: deps.store(), methods, say: tell }, options.mlflow, {
      result,
      workflowId: handle.id,
    });
  }
  return result;
}

/** A page is made for people alone: a run that is finished does not fail for want of one. */
const noPage = 'the page could not be made';

/** What a command ends with that is interrupted while it follows a run. */
export function goesOn(handle: RunHandle, what: 'run' | 'experiment' = 'run'): string {
  return `the ${what} goes on; cancel it with: npx ddad cancel ${handle.id}`;
}
