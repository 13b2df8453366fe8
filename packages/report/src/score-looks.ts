import type { ScoreDefinition } from '@ddad/contract';
import { type Html, html } from './html.ts';
import { type LineLook, scoreLine } from './palette.ts';

/** How pages show a score, and the map whose mean it is. */
export interface ScoreLook extends LineLook {
  /** For titles and screen readers. */
  name: string;
  /** As a paper writes it. */
  symbol: Html;
  meaning: string;
}

/**
 * The looks of the scores that something has, in the order of their definitions.
 * @param has something by score: a score is there where its value is not undefined
 */
export function presentScores(
  definitions: readonly ScoreDefinition[],
  has: Readonly<Record<string, unknown>>,
): ScoreLook[] {
  return definitions.flatMap((definition, place) =>
    has[definition.name] === undefined ? [] : [lookOf(definition, definitions.length - 1 - place)],
  );
}

/** The look of one score. @throws RangeError where it has no definition */
export function scoreLook(definitions: readonly ScoreDefinition[], name: string): ScoreLook {
  const [look] = presentScores(definitions, { [name]: true });
  if (look === undefined) throw new RangeError(`score ${name}: expected a definition, got none`);
  return look;
}

function lookOf({ name, symbol, meaning }: ScoreDefinition, fromLast: number): ScoreLook {
  return { name, symbol: symbolOf(symbol), meaning, ...scoreLine(fromLast) };
}

function symbolOf({ letter, index }: ScoreDefinition['symbol']): Html {
  return html`<i>${letter}</i>${index !== '' && html`<sub>${index}</sub>`}`;
}

/** Definitions of several runs' scores together; of a name, the first one counts. */
export function mergedDefinitions(...lists: readonly (readonly ScoreDefinition[])[]): ScoreDefinition[] {
  const found = new Map<string, ScoreDefinition>();
  for (const definition of lists.flat()) {
    if (!found.has(definition.name)) found.set(definition.name, definition);
  }
  return [...found.values()];
}
