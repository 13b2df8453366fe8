import { randomStream } from '@ddad/compute';
import { expect, it } from 'vitest';
import { solvePoisson } from './poisson-equation.ts';

it.each([
  [1, 1],
  [5, 9],
  [40, 33],
])('finds the values whose neighbours differ as asked, %i×%i', (height, width) => {
  const random = randomStream(1, 'field', height);
  const wanted = Float64Array.from({ length: height * width }, () => 255 * random.uniform());
  const at = (row: number, column: number) =>
    row < 0 || column < 0 || row >= height || column >= width ? 0 : wanted[row * width + column]!;
  const field = wanted.map((value, i) => {
    const [row, column] = [Math.floor(i / width), i % width];
    return at(row - 1, column) + at(row + 1, column) + at(row, column - 1) + at(row, column + 1) - 4 * value;
  });
  const found = solvePoisson(field, height, width);
  for (const [i, value] of found.entries()) expect(Math.abs(value - wanted[i]!)).toBeLessThan(1e-9);
});

it('refuses a field of another size', () => {
  expect(() => solvePoisson(new Float64Array(5), 2, 3)).toThrow('field: expected 2×3 values, got 5');
});
