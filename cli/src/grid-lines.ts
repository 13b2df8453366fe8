import { reducedName, type ScoreColumn, type ScoreDefinition, scoreGrid } from '@ddad/contract';
import { tableLines } from './table.ts';

/** As the names of scores end. */
const heading = (column: ScoreColumn) => (column === 'mean' ? 'mean' : reducedName('', column));

/**
 * One figure of every score: a line a map, a column a way to make a number of it, as `…Top`. Nothing where there is one way only.
 * @param what the figures are
 * @param values by score
 */
export function gridLines<Value>(
  what: string,
  definitions: readonly ScoreDefinition[],
  values: Readonly<Partial<Record<string, Value>>>,
  text: (value: Value, definition: ScoreDefinition) => string,
): string[] {
  const { columns, rows } = scoreGrid(definitions, values);
  if (columns.length < 2) return [];
  const cell = (name: string | undefined): string => {
    const value = name === undefined ? undefined : values[name];
    const definition = definitions.find((one) => one.name === name);
    return value === undefined || definition === undefined ? '' : text(value, definition);
  };
  return [
    ...tableLines(
      [
        { heading: what },
        ...columns.map((column) => ({ heading: heading(column), align: 'right' as const })),
        { heading: '' },
      ],
      rows.map(({ definition, names }) => [definition.name, ...names.map(cell), definition.meaning]),
    ),
    '',
  ];
}
