import { expect, test } from 'vitest';
import { type ScoreDefinition, withReductions } from './score-definition.ts';
import { likeMain, scoreGrid } from './score-grid.ts';

const definition = (name: string, rank: number, map: boolean): ScoreDefinition => ({
  name,
  symbol: { letter: 'A', index: name },
  meaning: `what is ${name}`,
  map,
  rank,
});
const definitions = withReductions([
  definition('one', 0, false),
  definition('near', 2, true),
  definition('far', 1, true),
]);
const having = (...names: string[]) => Object.fromEntries(names.map((name) => [name, 0]));

test('a grid has a row a map and a column a way to make a score of it, and gaps where there is none', () => {
  const grid = scoreGrid(definitions, having('one', 'near', 'nearTop', 'farTop', 'farPeak'));
  expect(grid.columns).toEqual(['mean', 'top', 'peak']);
  expect(grid.rows.map(({ definition: { name }, names }) => [name, ...names])).toEqual([
    ['one', 'one', undefined, undefined],
    ['near', 'near', 'nearTop', undefined],
    ['far', undefined, 'farTop', 'farPeak'],
  ]);
});

test('a grid of means alone has one column, and one of nothing has none', () => {
  expect(scoreGrid(definitions, having('one', 'far'))).toMatchObject({ columns: ['mean'], rows: [{}, {}] });
  expect(scoreGrid(definitions, {})).toEqual({ columns: [], rows: [] });
});

test('like the main score are those made as it was, and what is alone in its row', () => {
  expect(likeMain(definitions, having('one', 'near', 'nearTop', 'nearPeak', 'far', 'farTop'))).toEqual([
    'one',
    'nearTop',
    'farTop',
  ]);
  expect(likeMain(definitions, having('one', 'near', 'far'))).toEqual(['one', 'near', 'far']);
  expect(likeMain(definitions, {})).toEqual([]);
});
