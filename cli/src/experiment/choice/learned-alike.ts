import { type ChoiceMode, mainScore, mapOf, type ScoreDefinition } from '@ddad/contract';
import { definitionsOf } from '@ddad/runs/described';
import type { ComparedRun } from './choose-run.ts';

/** Names of a combination's scores. */
export interface ComparableScores {
  /** That can be chosen. */
  chosenFrom: string[];
  /** That could be but for what their networks learned. */
  others: string[];
}

/** Scores of a combination of values, which all of its seeds give. */
interface Given {
  method: string;
  definitions: ScoreDefinition[];
  main: ScoreDefinition | undefined;
}

/**
 * Which scores can be compared without labels. What networks know by heart separates the unlabeled images that they learned from
 * from those held out, whatever it is worth: a score that learned so is compared only with scores that did, too, of the same
 * map. So these are all scores, where none learned from the unlabeled images. Where the main scores of all combinations did, and are
 * of one map, it is what that map gives. Else it is what did not learn from them.
 *
 * @param groups runs of each combination, one a seed
 * @param among of `axes` only the highest-ranked one of each combination: its main score, where that can be compared
 * @returns in the order of the groups
 */
export function learnedAlike(
  groups: readonly (readonly ComparedRun[])[],
  among: ChoiceMode,
): ComparableScores[] {
  const given = groups.map(givenBy);
  const comparable = comparableOf(given);
  return given.map(({ definitions, main }) => {
    const alike = definitions.filter(comparable);
    const names = alike.map(({ name }) => name);
    if (among === 'scores') {
      const others = definitions.filter((one) => !alike.includes(one));
      return { chosenFrom: names, others: others.map(({ name }) => name) };
    }
    const best = mainScore(alike, present(names));
    const mains = main === undefined || main.name === best ? [] : [main.name];
    return { chosenFrom: best === null ? [] : [best], others: mains };
  });
}

function givenBy(runs: readonly ComparedRun[]): Given {
  const [first] = runs;
  if (first === undefined) return { method: '', definitions: [], main: undefined };
  const definitions = definitionsOf(first.result).filter(({ name }) =>
    runs.every(({ reference }) => reference.scores[name] !== undefined),
  );
  const main = mainScore(definitions, present(definitions.map(({ name }) => name)));
  return {
    method: first.result.method,
    definitions,
    main: definitions.find(({ name }) => name === main),
  };
}

function comparableOf(given: readonly Given[]): (definition: ScoreDefinition) => boolean {
  if (!given.some(({ definitions }) => definitions.some(learned))) return () => true;
  const [first] = given;
  const main = first?.main;
  if (main === undefined) return (one) => !learned(one);
  const isOfMainMap = (one: ScoreDefinition) => learned(one) && mapOf(one) === mapOf(main);
  const alike = given.every(
    ({ method, main: own }) => method === first?.method && own !== undefined && isOfMainMap(own),
  );
  return alike ? isOfMainMap : (one) => !learned(one);
}

const learned = ({ learnsUnlabeled }: ScoreDefinition) => learnsUnlabeled === true;

const present = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, true]));
