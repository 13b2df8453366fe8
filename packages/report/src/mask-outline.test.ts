import { expect, test } from 'vitest';
import { maskOutline } from './mask-outline.ts';

test('the sides between inside and outside, those in a row as one; at the rim too', () => {
  expect(maskOutline([1, 0, 0, 0], 2)).toBe('M0 0h1M0 1h1M0 0v1M1 0v1');
  expect(maskOutline([1, 1, 1, 1], 2)).toBe('M0 0h2M0 2h2M0 0v2M2 0v2');
  expect(maskOutline([0, 0, 0, 0], 2)).toBe('');
  // A ring around a hole has two outlines.
  expect(maskOutline([1, 1, 1, 1, 0, 1, 1, 1, 1], 3)).toBe(
    'M0 0h3M1 1h1M1 2h1M0 3h3M0 0v3M1 1v1M2 1v1M3 0v3',
  );
});
