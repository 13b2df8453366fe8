import { expect, it } from 'vitest';
import { inWords, percent } from './figures.ts';

it('writes shares in percent, of which none is less than nothing where it rounds to it', () => {
  expect([0.8123, -0.25, -0.0004, 0].map(percent)).toEqual(['81.2', '-25.0', '0.0', '0.0']);
});

it('lists names as a sentence does', () => {
  expect(inWords(['a'])).toBe('a');
  expect(inWords(['a', 'b'])).toBe('a and b');
  expect(inWords(['a', 'b', 'c'])).toBe('a, b and c');
});
