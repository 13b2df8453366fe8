import { mapOf, type ScoreDefinition } from './score-definition.ts';

/** One score of several runs. */
export interface SharedScore {
  /** As the first run that may give it has it. */
  definition: ScoreDefinition;
  /** Names of the methods whose runs mean it by this name. */
  methods: string[];
  /** Its name; with its methods where another score of these runs has the same one: `residual (igd)`. */
  title: string;
}

/**
 * The scores that runs may give, each once, in the order in which they are shown. Runs of one method mean the same by a name. Those of
 * several methods do where both define it in the same words; else these are different scores, whatever they are called.
 * @param runs with the scores that each may give
 */
export function sharedScores(
  runs: readonly { method: string; definitions: readonly ScoreDefinition[] }[],
): SharedScore[] {
  const known = new Map<string, Set<string>>();
  const found = new Map<string, Omit<SharedScore, 'title'>>();
  for (const { method, definitions } of runs) {
    const names = known.get(method) ?? new Set();
    known.set(method, names);
    for (const definition of definitions) {
      if (names.has(definition.name)) continue;
      names.add(definition.name);
      const words = wordsOf(definition, definitions);
      const before = found.get(words);
      if (before === undefined) found.set(words, { definition, methods: [method] });
      else before.methods.push(method);
    }
  }
  const all = [...found.values()];
  return all.map(({ definition, methods }) => {
    const { name } = definition;
    const alone = all.filter((one) => one.definition.name === name).length === 1;
    return { definition, methods, title: alone ? name : `${name} (${methods.join(', ')})` };
  });
}

/** What tells a score from others. What a map gives is what the map is: `largest local mean of the map of residual` is said of any. */
function wordsOf(definition: ScoreDefinition, definitions: readonly ScoreDefinition[]): string {
  const { symbol, meaning } = definitions.find(({ name }) => name === mapOf(definition)) ?? definition;
  return JSON.stringify([definition.name, symbol.letter, symbol.index, meaning]);
}
