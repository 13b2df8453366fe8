import { type RunResult, type Separation, type SharedScore, sharedScores } from '@ddad/contract';
import { definitionsOf } from '@ddad/runs/described';

type Run = Readonly<{ result: RunResult }>;

/** All scores that runs may give, each once, in the order in which they are shown. */
export function scoresOfAll(runs: readonly Run[]): SharedScore[] {
  return sharedScores(
    runs.map(({ result }) => ({ method: result.method, definitions: definitionsOf(result) })),
  );
}

/** What a run has of a score; nothing of another method's score that has the same name. */
export function under<Value>(
  { definition, methods }: SharedScore,
  { result }: Run,
  of: Readonly<Partial<Record<string, Value>>> | null | undefined,
): Value | undefined {
  return methods.includes(result.method) ? of?.[definition.name] : undefined;
}

/** A run's AUC and AP of a score; nothing where it has none. */
export function separationOf(score: SharedScore, run: Run): Separation | undefined {
  return under(score, run, run.result.scores);
}
