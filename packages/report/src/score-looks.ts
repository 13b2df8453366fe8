import { columnOf, mainScore, mapOf, type ScoreColumn, type ScoreDefinition } from '@ddad/contract';
import { type Html, html } from './html.ts';
import { type LineLook, scoreLine } from './palette.ts';

/** How pages show a score, and the map whose mean it is. */
export interface ScoreLook extends LineLook {
  /** For titles and screen readers. */
  name: string;
  /** As a paper writes it. */
  symbol: Html;
  meaning: string;
  /** How its map became a number. */
  reduction: ScoreColumn;
}

/**
 * The looks of the scores that something has, in the order of their definitions.
 * @param has something by score: a score is there where its value is not undefined
 */
export function presentScores(
  definitions: readonly ScoreDefinition[],
  has: Readonly<Record<string, unknown>>,
): ScoreLook[] {
  // What a map gives has the map's colour, however it was made.
  const own = definitions.filter(({ from }) => from === undefined).map(({ name }) => name);
  return definitions.flatMap((definition) => {
    if (has[definition.name] === undefined) return [];
    const place = own.indexOf(mapOf(definition));
    return [lookOf(definition, own.length - 1 - Math.max(0, place))];
  });
}

/**
 * Scores by how their maps became numbers, those like the main score first: charts that show them all are not read.
 * @returns no empty group
 */
export function byReduction(
  definitions: readonly ScoreDefinition[],
  shown: readonly ScoreLook[],
): { reduction: ScoreColumn; looks: ScoreLook[] }[] {
  const main = mainScore(definitions, Object.fromEntries(shown.map(({ name }) => [name, true])));
  const first = shown.find(({ name }) => name === main)?.reduction ?? 'mean';
  const order = [...new Set([first, ...shown.map(({ reduction }) => reduction)])];
  return order
    .map((reduction) => ({ reduction, looks: shown.filter((look) => look.reduction === reduction) }))
    .filter(({ looks }) => looks.length > 0);
}

/** For headings. */
export const reductionTitles: Record<ScoreColumn, string> = {
  mean: 'Means of the maps',
  top: 'Means of the highest pixels',
  peak: 'Largest local means',
  relative: 'Means of the highest pixels, by the image’s brightness',
  foreground: 'Means over the foreground',
};

/** The look of one score. @throws RangeError where it has no definition */
export function scoreLook(definitions: readonly ScoreDefinition[], name: string): ScoreLook {
  const [look] = presentScores(definitions, { [name]: true });
  if (look === undefined) throw new RangeError(`score ${name}: expected a definition, got none`);
  return look;
}

function lookOf({ name, symbol, meaning, from }: ScoreDefinition, fromLast: number): ScoreLook {
  return { name, symbol: symbolOf(symbol), meaning, reduction: columnOf({ from }), ...scoreLine(fromLast) };
}

function symbolOf({ letter, index }: ScoreDefinition['symbol']): Html {
  return html`<i>${letter}</i>${index !== '' && html`<sub>${index}</sub>`}`;
}
