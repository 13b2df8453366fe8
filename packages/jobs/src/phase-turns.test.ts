import { expect, test } from 'vitest';
import { cycle, inSequence } from './phase-turns.ts';

const of = (turns: (step: number) => string, from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => turns(from + i)).join(' ');

test('a cycle gives each phase its steps in a row, for ever', () => {
  const turns = cycle(['critic', 2], ['generator', 1]);
  expect(of(turns, 0, 7)).toBe('critic critic generator critic critic generator critic');
  expect(turns(3_000_002)).toBe('generator');
});

test('a sequence begins each part at its own step 0, and stays in the last', () => {
  const turns = inSequence(
    [4, cycle(['critic', 2], ['generator', 1])],
    [2, cycle(['encoder', 1], ['rest', 1])],
  );
  expect(of(turns, 0, 9)).toBe('critic critic generator critic encoder rest encoder rest encoder');
});

test('no steps, half steps and no phases are refused', () => {
  expect(() => cycle(['a', 0])).toThrow('turns: expected whole numbers of steps from 1 on, got 0');
  expect(() => cycle(['a', 1.5])).toThrow('got 1.5');
  expect(() => cycle()).toThrow('got none');
  expect(() => inSequence([Number.NaN, cycle(['a', 1])])).toThrow('got NaN');
});
