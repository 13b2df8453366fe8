import { expect, test } from 'vitest';
import { type ScoreDefinition, withReductions } from './score-definition.ts';
import { sharedScores } from './shared-scores.ts';

const definition = (name: string, index: string, meaning: string): ScoreDefinition => ({
  name,
  symbol: { letter: 'A', index },
  meaning,
  map: true,
  rank: 0,
});
const titles = (...runs: Parameters<typeof sharedScores>[0]) => sharedScores(runs).map(({ title }) => title);

test('one name of several methods is one score where they define it in the same words, and else told by method', () => {
  const same = definition('predicted', 'p', 'label');
  const found = sharedScores([
    { method: 'one', definitions: [definition('residual', 'x', 'difference'), same] },
    { method: 'two', definitions: [definition('residual', 'R', 'difference'), same] },
    { method: 'three', definitions: [definition('residual', 'x', 'dissimilarity'), { ...same, rank: 9 }] },
    { method: 'four', definitions: [definition('residual', 'x', 'difference')] },
  ]);
  expect(found.map(({ title, methods }) => [title, methods])).toEqual([
    ['residual (one, four)', ['one', 'four']],
    ['predicted', ['one', 'two', 'three']],
    ['residual (two)', ['two']],
    ['residual (three)', ['three']],
  ]);
});

test('runs of one method mean the same by a name, whatever their words, each once in their order', () => {
  const [first, other] = [definition('rec', '', 'of members'), definition('rec', '', 'of passes')];
  const more = definition('more', '', 'of both');
  const runs = [
    { method: 'one', definitions: [first] },
    { method: 'one', definitions: [other, more] },
  ];
  expect(sharedScores(runs)).toEqual([
    { definition: first, methods: ['one'], title: 'rec' },
    { definition: more, methods: ['one'], title: 'more' },
  ]);
});

test('what a map gives is told apart as the map is', () => {
  // Both are "mean of the highest 2 % of the pixels of the map of residual", under one symbol.
  const of = (method: string, meaning: string) => ({
    method,
    definitions: withReductions([definition('residual', 'x', meaning)]),
  });
  expect(titles(of('one', 'difference'), of('two', 'dissimilarity'))).toContain('residualTop (two)');
  expect(titles(of('one', 'difference'), of('two', 'difference'))).toHaveLength(5);
});
