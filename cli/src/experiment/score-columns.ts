import type { RunResult, ScoreDefinition } from '@ddad/contract';
import { definitionsOf } from '@ddad/runs/described';

/** Definitions of all scores that runs may give, each name once, in the order in which they are shown. */
export function definitionsOfAll(runs: readonly { result: RunResult }[]): ScoreDefinition[] {
  const found = new Map<string, ScoreDefinition>();
  for (const { result } of runs) {
    for (const definition of definitionsOf(result)) {
      if (!found.has(definition.name)) found.set(definition.name, definition);
    }
  }
  return [...found.values()];
}

/** Names of the scores that any of the runs gives, in order. */
export function scoresOfAll(runs: readonly { result: RunResult }[]): string[] {
  return definitionsOfAll(runs)
    .map(({ name }) => name)
    .filter((name) => runs.some(({ result }) => result.scores?.[name] !== undefined));
}
