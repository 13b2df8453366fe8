import { join } from 'node:path';
import { type ChoiceMode, type ExperimentResult, type RunResult, runKeys } from '@ddad/contract';
import type { MethodRegistry } from '@ddad/methods';
import type { ScoredImage } from '@ddad/report';
import { readScoresCsv } from '@ddad/report/scores-csv';
import type { ObjectStore } from '@ddad/storage';
import { goesOn, type RunDeps } from '../attend-run.ts';
import { CommandFailure, exitCodes } from '../failure.ts';
import { plural } from '../figures.ts';
import type { Interruption } from '../interruption.ts';
import { makeDirectory } from '../output-place.ts';
import { writeWhole } from '../report-files.ts';
import { styled } from '../screen.ts';
import type { RunHandle } from '../temporal-runs.ts';
import type { ChoiceReport } from './choice/attend-choice.ts';
import { choiceLines } from './choice/choice-text.ts';
import { removeEarlierResults } from './earlier-results.ts';
import { experimentDisplay } from './experiment-display.ts';
import { type ExperimentOutcome, readOutcome } from './finished-runs.ts';
import { followExperiment } from './follow-experiment.ts';
import { type Layouts, layoutsOf } from './layouts.ts';
import { resultsCsv } from './results-csv.ts';
import { resultsMarkdown, sharingLines } from './results-markdown.ts';
import { spreadCsv } from './spread-csv.ts';

/** What it takes to follow an experiment. */
export type ExperimentDeps = Omit<RunDeps, 'live' | 'progressPage'>;

/** What `--json` prints. */
export type ExperimentDocument = ExperimentResult & { choice?: ChoiceReport };

/** What to do with its result. */
export interface ExperimentOptions {
  /** Directory for results.csv, results.md, experiment.json and each run's report.json. */
  out?: string | undefined;
  /** The paper's own tables and figures to write there too. */
  layouts?: Layouts;
  /** What to choose among, by the AUC of unlabeled against held-out normal images; absent: nothing is chosen. */
  choose?: ChoiceMode | undefined;
}

/**
 * Follows an experiment to its end, and says and writes what came of it.
 * @throws CommandFailure with the exit code that the end gives; where runs failed, or a choice, table or figure could not be made,
 *   once all else is written
 */
export async function attendExperiment(
  deps: ExperimentDeps,
  handle: RunHandle,
  options: ExperimentOptions,
): Promise<ExperimentDocument> {
  const { runs, screens, interruption } = deps;
  const { out, err } = screens;
  interruption.means(goesOn(handle, 'experiment'));
  err.write(`experiment ${handle.id}\n`);
  const page = deps.page(handle);
  if (page !== null) err.write(`${page}\n`);

  const running = runs.experimentResult(handle);
  // Whoever detaches leaves it behind; its failure then is nobody's.
  running.catch(() => {});
  let ended: ExperimentResult;
  try {
    ended = await followExperiment({
      queryProgress: () => runs.experimentProgress(handle),
      queryRun: ({ workflowId, runId }) => runs.progress({ id: workflowId, executionId: runId }),
      result: running,
      display: experimentDisplay(err),
      now: deps.now,
      detach: interruption.signal,
    });
  } catch (error) {
    interruption.check();
    throw error;
  }

  interruption.means(
    options.out === undefined
      ? `interrupted: the experiment has ended; "npx ddad describe ${handle.id}" shows its runs`
      : 'interrupted: the experiment has ended, but not all of its results are written; started again, it makes only what is missing',
  );
  interruption.check();
  const outcome = await readOutcome(deps.store(), ended);
  interruption.check();
  const { experiment } = outcome;
  const choosing = options.choose === undefined ? null : await choose(deps.store(), outcome, options.choose);
  interruption.check();
  const chosen = choosing !== null && 'choice' in choosing ? choosing : null;
  const failures = choosing instanceof Error ? [choosing] : [];
  const document = withChoice(experiment, chosen);
  const heading = `${plural(outcome.runs.length, 'run')} of ${experiment.runs.length} finished`;
  out.write(`\n${[styled(out, 'bold', heading), ...sharingLines(deps.methods, outcome)].join('\n')}\n`);
  if (chosen !== null) {
    for (const line of ['', ...choiceLines(chosen)]) {
      out.write(`${line.startsWith('warning:') ? styled(out, 'yellow', line) : line}\n`);
    }
  }
  if (options.out !== undefined) {
    const files = await writeResults(deps, outcome, handle.id, options.out, chosen);
    const wanted = options.layouts ?? { tables: [], figures: [] };
    const imagesOf = (result: RunResult) => scoredImages(deps.store(), result);
    for (const { name, text } of layoutsOf(deps.methods, outcome, wanted, imagesOf)) {
      const path = join(options.out, name);
      try {
        const made = await text();
        interruption.check();
        await writeWhole(path, made);
        files.push(path);
      } catch (error) {
        failures.push(asError(error));
      }
    }
    interruption.check();
    for (const file of files) out.write(`${file}\n`);
  }
  reportFailures(document, failures);
  return document;
}

/** @returns what kept it from being made, which is told last: all else is written */
async function choose(
  store: ObjectStore,
  outcome: ExperimentOutcome,
  among: ChoiceMode,
): Promise<ChoiceReport | Error> {
  // Artifacts and statistics that no other experiment needs.
  const { attendChoice } = await import('./choice/attend-choice.ts');
  try {
    return await attendChoice(store, outcome, among);
  } catch (error) {
    return asError(error);
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error), { cause: error });
}

function withChoice(experiment: ExperimentResult, choice: ChoiceReport | null): ExperimentDocument {
  return choice === null ? experiment : { ...experiment, choice };
}

/** @returns paths of the files to look at first */
async function writeResults(
  { methods, interruption }: { methods: MethodRegistry; interruption: Interruption },
  outcome: ExperimentOutcome,
  id: string,
  directory: string,
  choice: ChoiceReport | null,
): Promise<string[]> {
  const spread = spreadCsv(outcome);
  const results: [name: string, text: string][] = [
    ['results.md', resultsMarkdown(methods, outcome, id, choice)],
    ['results.csv', resultsCsv(outcome)],
    ...(spread === null ? [] : [['spread.csv', spread] satisfies [string, string]]),
    ...(choice === null
      ? []
      : [['choice.json', `${JSON.stringify(choice, null, 2)}\n`] satisfies [string, string]]),
  ];
  await makeDirectory(join(directory, 'runs'));
  interruption.check();
  const { experiment, runs } = outcome;
  await removeEarlierResults(directory, new Set(experiment.runs.map(({ workflowId }) => workflowId)));
  const files: [name: string, text: string][] = [
    // First: by it the next call knows what is this experiment's, wherever writing ends.
    ['experiment.json', `${JSON.stringify(withChoice(experiment, choice), null, 2)}\n`],
    ...runs.map(({ workflowId, result }): [string, string] => [
      join('runs', `${workflowId}.json`),
      `${JSON.stringify(result, null, 2)}\n`,
    ]),
    ...results,
  ];
  for (const [name, text] of files) {
    interruption.check();
    await writeWhole(join(directory, name), text);
  }
  return results.map(([name]) => join(directory, name));
}

async function scoredImages(store: ObjectStore, { runId, files }: RunResult): Promise<ScoredImage[]> {
  if (files.scores === null) return [];
  return readScoresCsv((await store.get(runKeys.scores(runId))).toString('utf8'));
}

/**
 * @param others what kept a choice, table or figure from being made
 * @throws CommandFailure that names the runs that failed, where there are any, and all others; an error that is none of ours, and all
 * there is to tell, as it is
 */
function reportFailures(document: ExperimentDocument, others: readonly Error[]): void {
  const failed = document.runs.filter(({ failure }) => failure !== undefined);
  const [first] = others;
  if (failed.length === 0 && first === undefined) return;
  const heading = `${plural(failed.length, 'run')} of the experiment failed; started again, it makes what is missing:`;
  const lines = [
    ...(failed.length === 0 ? [] : [heading]),
    ...failed.map(({ workflowId, failure }) => `  ${workflowId}: ${failure}`),
    ...others.map(({ message }) => message),
  ];
  if (lines.length === 1 && first !== undefined && !(first instanceof CommandFailure)) throw first;
  const ofOthers = first instanceof CommandFailure ? first.exitCode : exitCodes.failed;
  throw new CommandFailure(lines.join('\n'), failed.length > 0 ? exitCodes.runFailed : ofOthers, {
    document,
    cause: first,
  });
}
