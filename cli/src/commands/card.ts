import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { RunResult } from '@ddad/contract';
import type { MethodRegistry } from '@ddad/methods';
import { cardMarkdown, type ModelCard, modelCard } from '@ddad/report/card';
import { MalformedResult, parseReport } from '@ddad/runs';
import { CommandFailure, exitCodes } from '../failure.ts';
import { tryFile } from '../output-place.ts';
import { writeWhole } from '../report-files.ts';
import type { Screens } from '../screen.ts';

export interface CardDeps {
  screens: Screens;
  methods: MethodRegistry;
  /** A finished run's result as its report holds it. */
  result: (run: string) => Promise<RunResult>;
}

/**
 * `ddad card RUN`: what is to be known of a run before anybody uses it, as Markdown; `--json` prints the same facts.
 * @param options.run a run, or a file report.json, which needs no cluster
 * @param options.out the file; standard output unless given
 * @throws CommandFailure where there is no such run or file, or the run is not finished
 */
export async function writeCard(
  deps: CardDeps,
  options: { run: string; out?: string | undefined; cwd: string },
): Promise<ModelCard> {
  const { screens, methods } = deps;
  const file = options.out === undefined ? null : resolve(options.cwd, options.out);
  if (file !== null) await tryFile('--out', file);
  const result = options.run.endsWith('.json')
    ? await reportFile(resolve(options.cwd, options.run), options.run)
    : await deps.result(options.run);
  const card = modelCard(result, methods);
  const text = cardMarkdown(card);
  if (file === null) screens.out.write(text);
  else {
    await writeWhole(file, text);
    screens.out.write(`${file}\n`);
  }
  return card;
}

async function reportFile(path: string, named: string): Promise<RunResult> {
  try {
    return parseReport(await readFile(path), named);
  } catch (cause) {
    if (cause instanceof MalformedResult) {
      throw new CommandFailure(cause.message, exitCodes.badInput, { cause });
    }
    if (!(cause instanceof Error && 'code' in cause)) throw cause;
    const message = `${named}: expected a run's report.json, got ${cause.code}`;
    throw new CommandFailure(message, exitCodes.badInput, { cause });
  }
}
