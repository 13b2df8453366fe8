import { mainScore, mapOf, type Reduction, reductions, type ScoreDefinition } from './score-definition.ts';

/** How a score was made: `mean` also of what has no map. */
export type ScoreColumn = 'mean' | Reduction;

/** Scores in rows and columns: a list of all that maps give is not read. */
export interface ScoreGrid {
  /** Those that any row has, the means first. */
  columns: ScoreColumn[];
  /** A row a map, or a score that has none: its own definition, and names of scores by column, undefined where there is none. */
  rows: { definition: ScoreDefinition; names: (string | undefined)[] }[];
}

/** Where a score stands. */
export const columnOf = ({ from }: Pick<ScoreDefinition, 'from'>): ScoreColumn => from?.reduction ?? 'mean';

/**
 * @param definitions in the order of the rows
 * @param has something by score: a score is there where its value is not undefined
 */
export function scoreGrid(
  definitions: readonly ScoreDefinition[],
  has: Readonly<Partial<Record<string, unknown>>>,
): ScoreGrid {
  const present = definitions.filter(({ name }) => has[name] !== undefined);
  const all: ScoreColumn[] = ['mean', ...reductions];
  const columns = all.filter((column) => present.some((one) => columnOf(one) === column));
  const rows = definitions
    .filter(({ from }) => from === undefined)
    .map((definition) => {
      const own = present.filter((one) => mapOf(one) === definition.name);
      return {
        definition,
        names: columns.map((column) => own.find((one) => columnOf(one) === column)?.name),
      };
    });
  return { columns, rows: rows.filter(({ names }) => names.some((name) => name !== undefined)) };
}

/** Of scores that something has, the names of those made as the main one was, and of those that are the only ones of their row. */
export function likeMain(
  definitions: readonly ScoreDefinition[],
  has: Readonly<Partial<Record<string, unknown>>>,
): string[] {
  const { columns, rows } = scoreGrid(definitions, has);
  const main = definitions.find(({ name }) => name === mainScore(definitions, has));
  const column = main === undefined ? 'mean' : columnOf(main);
  return rows.flatMap(({ names }) => {
    const own = names.filter((name) => name !== undefined);
    const like = names[columns.indexOf(column)];
    return own.length === 1 ? own : like === undefined ? [] : [like];
  });
}
