import { expect, test } from 'vitest';
import { ddad } from './method.ts';
import { expectAsRecorded, recordedCases } from './recorded-numbers.testing.ts';

test('every kind of the method has recorded numbers', () => {
  expect([...new Set(recordedCases.map(({ kind }) => kind))]).toEqual(ddad.kinds.map(({ kind }) => kind));
});

test.each(recordedCases.filter(({ first }) => first))(
  '$kind of $what are as recorded',
  expectAsRecorded,
  60_000,
);
