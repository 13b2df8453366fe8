import { expect, test } from 'vitest';
import { assertFiniteState } from './finite-state.ts';

const tensors = (values: Record<string, number[]>) =>
  new Map(Object.entries(values).map(([name, data]) => [name, { data: Float32Array.from(data) }]));

test('finite values pass, subnormal and largest ones too', () => {
  expect(() => assertFiniteState(tensors({ a: [0, -1e-45, 3.4e38], b: [] }), 5)).not.toThrow();
});

test('names the first tensors that are not finite, and counts the others', () => {
  const wrong = tensors({
    'encoder.0.weight': [1, Number.NaN, Number.POSITIVE_INFINITY],
    fine: [1],
    b: [Number.NaN],
    c: [Number.NEGATIVE_INFINITY],
    d: [Number.NaN],
    e: [Number.NaN],
  });
  expect(() => assertFiniteState(wrong, 20)).toThrow(
    'after the last step, 20, not all values are finite: encoder.0.weight (2 of 3 values), b (1 of 1 values), ' +
      'c (1 of 1 values) and 2 more',
  );
});
