import { expect, test } from 'vitest';
import { readExperiment } from './experiment-input.ts';

test('tells of every repeated value, however many there are', () => {
  const { faults } = readExperiment({ base: {}, axes: { k: Array.from({ length: 200_000 }, () => 3) } });
  expect(faults).toHaveLength(199_999);
  expect(faults[0]).toEqual({ path: 'axes.k', message: 'expected each value once, got 3 again' });
});
