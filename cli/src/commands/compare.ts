import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { usualBootstrap } from '@ddad/anomaly/usual-bootstrap';
import { type RunResult, runKeys } from '@ddad/contract';
import type { Comparison, ScoredRun } from '@ddad/report';
import { definitionsOf, describeRun } from '@ddad/runs';
import { ObjectNotFound } from '@ddad/storage';
import { CommandFailure } from '../failure.ts';
import { percent, plural } from '../figures.ts';
import { finishedRunId } from '../finished-run.ts';
import { tryFile } from '../output-place.ts';
import { readScoresCsv } from '../scores-csv.ts';
import { storedResult } from '../stored-results.ts';
import { tableLines } from '../table.ts';
import { type ReportDeps, show } from './report.ts';

/**
 * `ddad report FIRST SECOND`: puts two finished runs on the same test images side by side, in a table and on a page.
 * @param options.out the page's file; default FIRST-SECOND.html in the working directory
 * @throws CommandFailure where a run is not there or not finished, or the two cannot be compared
 */
export async function compareReports(
  deps: ReportDeps,
  options: {
    runs: readonly [string, string];
    out?: string | undefined;
    open?: boolean | undefined;
    cwd: string;
  },
): Promise<void> {
  const { screens } = deps;
  const file = resolve(options.cwd, options.out ?? `${options.runs[0]}-${options.runs[1]}.html`);
  await tryFile('--out', file);
  // Charts and pictures take a second to load, which no other command should wait for.
  const { buildComparison, compareRuns } = await import('@ddad/report');
  const [first, second] = [await readRun(deps, options.runs[0]), await readRun(deps, options.runs[1])];
  let comparison: Comparison;
  try {
    comparison = compareRuns(first, second, usualBootstrap());
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new CommandFailure(`these runs cannot be compared: ${error.message}`, undefined, { cause: error });
  }
  screens.out.write(`${comparisonLines(comparison).join('\n')}\n`);
  await writeFile(file, buildComparison(comparison));
  screens.out.write(`\n${file}\n`);
  if (options.open) await show(deps, file);
}

async function readRun({ runs, store, methods }: ReportDeps, run: string): Promise<ScoredRun> {
  const runId = await finishedRunId(runs, run);
  try {
    const result = await storedResult(store, runId);
    if (result.files.scores === null) {
      throw new CommandFailure(`${run} has no scores: its dataset has no test images`);
    }
    const csv = await store.get(runKeys.scores(runId));
    return {
      result,
      definitions: definitionsOf(result, methods),
      description: describeRun(result, methods),
      images: readScoresCsv(csv.toString('utf8')),
    };
  } catch (error) {
    if (!(error instanceof ObjectNotFound)) throw error;
    throw new CommandFailure(`no run ${run} with a report; "npx ddad runs" lists runs`, undefined, {
      cause: error,
    });
  }
}

/** The comparison for a terminal: AUC and AP in percent, differences in points, and how many images changed sides. */
export function comparisonLines(comparison: Comparison): string[] {
  const { runs, descriptions, labels, scores, sides } = comparison;
  const right = 'right' as const;
  const metric = (name: string) => [
    { heading: `${name} 1st`, align: right },
    { heading: '2nd', align: right },
    { heading: 'diff', align: right },
    { heading: '95 % interval', align: right },
  ];
  const rows = scores.map(({ name, separations: [a, b], auc, ap }) => [
    name,
    ...[
      { before: a.auc, after: b.auc, difference: auc },
      { before: a.ap, after: b.ap, difference: ap },
    ].flatMap(({ before, after, difference: { value, low, high } }) => [
      percent(before),
      percent(after),
      points(value),
      `${points(low)} to ${points(high)}${low > 0 || high < 0 ? ' *' : '  '}`,
    ]),
  ]);
  const better = sides.changed.filter((change) => change.better).length;
  return [
    `1st: ${describe(runs[0], descriptions[0])}`,
    `2nd: ${describe(runs[1], descriptions[1])}`,
    '',
    ...tableLines([{ heading: 'score' }, ...metric('AUC'), ...metric('AP')], rows),
    '',
    `* the interval leaves out 0 (bootstrap over ${plural(labels.length, 'test image')}, paired)`,
    ...pixelLines(comparison),
    `${plural(sides.changed.length, 'image')} changed sides by ${sides.score}: ${better} to the right one, ` +
      `${sides.changed.length - better} to the wrong one`,
  ];
}

/** A difference in points. */
function points(share: number): string {
  const size = percent(Math.abs(share));
  return size === '0.0' ? size : `${share < 0 ? '-' : '+'}${size}`;
}

/** How both runs' maps show where something is, as their reports say; nothing where one of them knows no masks. */
function pixelLines({ pixels, runs }: Comparison): string[] {
  if (pixels.length === 0) return [];
  const right = 'right' as const;
  const rows = pixels.flatMap(({ name, figures }) =>
    figures.map(({ title, values: [before, after] }, place) => [
      place === 0 ? name : '',
      title,
      percent(before),
      percent(after),
      points(after - before),
    ]),
  );
  const [first, second] = runs.map(({ pixelTruth }) => pixelTruth?.images.masked ?? 0);
  const masks = first === second ? `${first}` : `${first} in the 1st run, ${second} in the 2nd`;
  return [
    '',
    ...tableLines(
      [
        { heading: 'pixels, by map of' },
        { heading: 'in %' },
        { heading: '1st', align: right },
        { heading: '2nd', align: right },
        { heading: 'diff', align: right },
      ],
      rows,
    ),
    `test images with a mask: ${masks}`,
    '',
  ];
}

function describe({ dataset, seed, runId }: RunResult, description: string): string {
  return `${dataset}: ${description}, seed ${seed} (${runId})`;
}
