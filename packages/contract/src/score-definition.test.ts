import { expect, test } from 'vitest';
import {
  mainScore,
  peakWindow,
  type ScoreDefinition,
  scoreDefinitionSchema,
  scoreFaults,
  scoreNameSchema,
  sourceRank,
  withHeadline,
  withReductions,
} from './score-definition.ts';

const definition = (name: string, rank: number, map: boolean): ScoreDefinition => ({
  name,
  symbol: { letter: 'A', index: name },
  meaning: name,
  map,
  rank,
});
const own = [definition('one', 0, false), definition('near', 2, true), definition('far', 1, true)];

test('what has a map gives four scores more, beside it', () => {
  const all = withReductions(own);
  expect(all.map(({ name }) => name)).toEqual([
    'one',
    'near',
    'nearTop',
    'nearPeak',
    'nearRelative',
    'nearForeground',
    'far',
    'farTop',
    'farPeak',
    'farRelative',
    'farForeground',
  ]);
  expect(all[2]).toMatchObject({
    symbol: { letter: 'A', index: 'near, top' },
    map: false,
    from: { score: 'near', reduction: 'top' },
  });
});

test('what a map gives learned from what the map did', () => {
  const all = withReductions([
    { ...definition('near', 2, true), learnsUnlabeled: true },
    definition('far', 1, true),
  ]);
  expect(all.filter(({ learnsUnlabeled }) => learnsUnlabeled).map(({ name }) => name)).toEqual([
    'near',
    'nearTop',
    'nearPeak',
    'nearRelative',
    'nearForeground',
  ]);
});

test('the main score is the mean of the highest pixels of the map that ranks highest', () => {
  const all = withReductions(own);
  const has = Object.fromEntries(all.map(({ name }) => [name, 0]));
  expect(mainScore(all, has)).toBe('nearTop');
  const rest = Object.entries(has).filter(([name]) => !name.startsWith('near'));
  expect(mainScore(all, Object.fromEntries(rest))).toBe('farTop');
  // Of a result from before there were others: the mean.
  expect(mainScore(all, { one: 0, near: 0, far: 0 })).toBe('near');
  expect(mainScore(own, has)).toBe('near');
});

test('the main score is the reduction that a method’s source scores images by, where it names one', () => {
  const all = withReductions([{ ...definition('near', 2, true), main: 'peak' }, definition('far', 3, true)]);
  const has = Object.fromEntries(all.map(({ name }) => [name, 0]));
  expect(mainScore(all, has)).toBe('nearPeak');
});

test('a score of the source’s own rank is the main one, whatever the maps beside it give', () => {
  const all = withReductions([definition('own', sourceRank, false), definition('near', 2, true)]);
  const has = Object.fromEntries(all.map(({ name }) => [name, 0]));
  expect(mainScore(all, has)).toBe('own');
});

test('a headline outranks all others, whatever gives most; one that is not there changes nothing', () => {
  const all = withReductions(own);
  const has = Object.fromEntries(all.map(({ name }) => [name, 0]));
  const chosen = withHeadline(all, 'far');
  expect(mainScore(chosen, has)).toBe('far');
  expect(chosen.map(({ name }) => name)).toEqual(all.map(({ name }) => name));
  expect(withHeadline(all, undefined)).toEqual(all);
  expect(withHeadline(all, 'other')).toEqual(all);
});

test('windows are odd, and the same part of every size', () => {
  expect([16, 64, 128, 224, 256].map(peakWindow)).toEqual([1, 5, 11, 17, 21]);
});

test('what the map gives of the longest name and index that a method may have is a score of a run as well', () => {
  const name = 'a'.repeat(40);
  const longest = { ...definition(name, 0, true), symbol: { letter: 'A', index: 'i'.repeat(24) } };
  expect(scoreFaults([longest])).toEqual([]);
  const all = withReductions([longest]);
  expect(all).toHaveLength(5);
  for (const one of all) {
    expect(scoreDefinitionSchema.safeParse(one).error?.message).toBeUndefined();
    expect(scoreNameSchema.safeParse(one.name).success).toBe(true);
  }
});

test('scores that no result takes are named, each with all that is wrong with it', () => {
  const name = 'b'.repeat(41);
  const long = { ...definition(name, 0, true), symbol: { letter: 'A', index: 'i'.repeat(25) } };
  expect(scoreFaults([long, definition('of_it', 0, false), ...own])).toEqual([
    {
      path: `"${name}".name`,
      message: `expected a letter, then letters and digits, at most 40, got "${name}"`,
    },
    { path: `"${name}".symbol.index`, message: expect.stringMatching(/24.*, got "i{25}"$/) },
    { path: '"of_it".name', message: expect.stringMatching(/, got "of_it"$/) },
  ]);
  // `near` gives `nearTop` already.
  expect(scoreFaults([...own, definition('nearTop', 0, false)])).toEqual([
    { path: '"nearTop"', message: 'expected each name once, what maps give among them, got it twice' },
  ]);
});
