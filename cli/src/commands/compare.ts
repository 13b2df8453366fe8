import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { usualBootstrap } from '@ddad/anomaly/usual-bootstrap';
import { runKeys } from '@ddad/contract';
import type { Comparison, ScoredRun } from '@ddad/report';
import { readScoresCsv } from '@ddad/report/scores-csv';
import { definitionsOf, describeRun } from '@ddad/runs';
import { ObjectNotFound } from '@ddad/storage';
import { CommandFailure, exitCodes, noSuchRun } from '../failure.ts';
import { percent, plural } from '../figures.ts';
import { finishedRunId } from '../finished-run.ts';
import { tryFile } from '../output-place.ts';
import { writeWhole } from '../report-files.ts';
import { StepLine } from '../step-line.ts';
import { storedResult } from '../stored-results.ts';
import { tableLines } from '../table.ts';
import { type ReportDeps, show } from './report.ts';

/**
 * `ddad report A B...`: puts finished runs on the same test images side by side, in a table and on a page, each against the first.
 * @param options.runs two or more
 * @param options.out the page's file; default A-B.html in the working directory, of more than two A-and-N-others.html
 * @param options.pictures false: no pictures of test images on the page
 * @throws CommandFailure where a run is not there or not finished, or they cannot be compared
 */
export async function compareReports(
  deps: ReportDeps,
  options: {
    runs: readonly string[];
    out?: string | undefined;
    open?: boolean | undefined;
    pictures?: boolean | undefined;
    cwd: string;
  },
): Promise<{ file: string }> {
  const { screens, store } = deps;
  const file = resolve(options.cwd, options.out ?? usualFile(options.runs));
  await tryFile('--out', file);
  // Charts and pictures take a second to load, which no other command should wait for.
  const { buildComparison, compareRuns, sidesChanged } = await import('@ddad/report');
  const { comparedPictures, indexOf, patientsOf } = await import('../compared-pictures.ts');
  const runs: ScoredRun[] = [];
  for (const run of options.runs) runs.push(await readRun(deps, run));
  const index = await indexOf(store, runs[0]!.result);
  let comparison: Comparison;
  try {
    comparison = compareRuns(runs, usualBootstrap(), patientsOf(index));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const why = `these runs cannot be compared: ${error.message}`;
    throw new CommandFailure(why, exitCodes.badInput, { cause: error });
  }
  const sides = comparison.runs.map((_run, place) => sidesChanged(comparison, place));
  screens.out.write(`${comparisonLines(comparison, sides).join('\n')}\n`);
  const directory = await mkdtemp(join(tmpdir(), 'ddad-compare-'));
  const line = new StepLine(screens.err);
  try {
    const tell = (run: number) => line.show('reading heat maps', run, runs.length);
    const pictures =
      options.pictures === false ? null : await comparedPictures(store, comparison, index, directory, tell);
    line.clear();
    await writeWhole(file, await buildComparison(comparison, pictures));
  } finally {
    line.clear();
    await rm(directory, { recursive: true, force: true });
  }
  screens.out.write(`\n${file}\n`);
  if (options.open) await show(deps, file);
  return { file };
}

/** Names of all runs together would be longer than a file's may be. */
function usualFile([first, second, ...others]: readonly string[]): string {
  return others.length === 0 ? `${first}-${second}.html` : `${first}-and-${others.length + 1}-others.html`;
}

async function readRun({ runs, store, methods }: ReportDeps, run: string): Promise<ScoredRun> {
  const runId = await finishedRunId(runs, run);
  try {
    const result = await storedResult(store, runId);
    if (result.files.scores === null) {
      const why = `${run} has no scores: its dataset has no test images`;
      throw new CommandFailure(why, exitCodes.badInput);
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
    throw noSuchRun(`${run} with a report`, error);
  }
}

/**
 * The comparison for a terminal: AUC and AP in percent, differences from the first run in points, and how many images changed
 * sides.
 * @param sides by run: how many images it has right that the first one has wrong, and the other way round
 */
function comparisonLines(
  comparison: Comparison,
  sides: readonly { better: number; worse: number }[],
): string[] {
  const { runs, scores, drawn } = comparison;
  const right = 'right' as const;
  const metric = (name: string) => [
    { heading: name, align: right },
    { heading: 'diff', align: right },
    { heading: '95 % interval', align: right },
  ];
  const rows = scores.flatMap(({ name, names, separations, differences }) =>
    runs.flatMap(({ letter }, run) => {
      const [found, difference] = [separations[run] ?? null, differences[run] ?? null];
      if (found === null) return [];
      const cells = (['auc', 'ap'] as const).flatMap((figure) => {
        if (difference === null) return [percent(found[figure]), '', ''];
        const { value, low, high } = difference[figure];
        const clear = low > 0 || high < 0 ? ' *' : '  ';
        return [percent(found[figure]), points(value), `${points(low)} to ${points(high)}${clear}`];
      });
      const head = run === 0 ? (name ?? 'main score of each run') : '';
      return [[head, name === null ? `${letter}: ${names[run]}` : letter, ...cells]];
    }),
  );
  const drawnUnits = plural(drawn.units, drawn.by === 'image' ? 'test image' : 'patient');
  return [
    ...runs.map(({ letter, title, result }) => `${letter}: ${result.dataset}: ${title} (${result.runId})`),
    '',
    ...tableLines([{ heading: 'score' }, { heading: '' }, ...metric('AUC'), ...metric('AP')], rows),
    '',
    `* the interval leaves out 0 (bootstrap over ${drawnUnits}, paired)`,
    ...pixelLines(comparison),
    `${plural(comparison.sides.changed.length, 'image')} changed sides by ${comparison.sides.score ?? 'the main score of each run'}`,
    ...runs.slice(1).map(({ letter }, place) => {
      const { better, worse } = sides[place + 1]!;
      return `  ${letter} against A: ${better} to the right one, ${worse} to the wrong one`;
    }),
  ];
}

/** A difference in points. */
function points(share: number): string {
  const size = percent(Math.abs(share));
  return size === '0.0' ? size : `${share < 0 ? '-' : '+'}${size}`;
}

/** How the runs' maps show where something is, as their reports say; nothing where masks are not known. */
function pixelLines({ pixels, runs }: Comparison): string[] {
  if (pixels.length === 0) return [];
  const right = 'right' as const;
  const headOf = ({ name, names }: Comparison['pixels'][number]) =>
    name ??
    `main map: ${names.flatMap((one, run) => (one === null ? [] : `${runs[run]!.letter} ${one}`)).join(', ')}`;
  const rows = pixels.flatMap((row) =>
    row.figures.map(({ title, values }, place) => [
      place === 0 ? headOf(row) : '',
      title,
      ...values.flatMap((value, run) => {
        const text = value === null ? '-' : percent(value);
        return run === 0 ? [text] : [text, value === null ? '' : points(value - values[0]!)];
      }),
    ]),
  );
  const masked = runs.map(({ result }) => result.pixelTruth?.images.masked ?? 0);
  const masks = masked.every((count) => count === masked[0])
    ? `${masked[0]}`
    : runs.map(({ letter }, run) => `${masked[run]} in ${letter}`).join(', ');
  return [
    '',
    ...tableLines(
      [
        { heading: 'pixels, by map of' },
        { heading: 'in %' },
        ...runs.flatMap(({ letter }, run) =>
          run === 0
            ? [{ heading: letter, align: right }]
            : [
                { heading: letter, align: right },
                { heading: 'diff', align: right },
              ],
        ),
      ],
      rows,
    ),
    `test images with a mask: ${masks}`,
    '',
  ];
}
