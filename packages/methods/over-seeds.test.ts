import { describe, expect, it } from 'vitest';
import { bySeeds, spreadOverSeeds } from './over-seeds.ts';

describe('the spread over seeds', () => {
  it('divides by n − 1', () => {
    // Squares of 2, 4, 4, 4, 5, 5, 7, 9 about their mean 5 sum up to 32.
    expect(spreadOverSeeds([2, 4, 4, 4, 5, 5, 7, 9])).toEqual({ mean: 5, std: Math.sqrt(32 / 7), n: 8 });
  });

  it('has no deviation of one seed, and refuses none', () => {
    expect(spreadOverSeeds([0.5])).toEqual({ mean: 0.5, std: null, n: 1 });
    expect(() => spreadOverSeeds([])).toThrow('expected the figure of at least one seed, got none');
  });
});

describe('runs by seeds', () => {
  const run = (axes: Record<string, unknown>) => ({ axes });

  it('are together where all other axes agree, in the order of the first ones', () => {
    const runs = [
      run({ seed: 0, backbone: 'ae' }),
      run({ seed: 0, backbone: 'aeu' }),
      run({ seed: 1, backbone: 'ae' }),
    ];
    expect(bySeeds(runs)).toEqual([
      { axes: { backbone: 'ae' }, runs: [runs[0], runs[2]] },
      { axes: { backbone: 'aeu' }, runs: [runs[1]] },
    ]);
  });

  it('tells values apart that are equal as text alone', () => {
    expect(bySeeds([run({ a: '1', b: 2, seed: 0 }), run({ a: 1, b: 2, seed: 1 })])).toHaveLength(2);
  });

  it('are each alone where seeds are no axis', () => {
    expect(bySeeds([run({}), run({})])).toEqual([
      { axes: {}, runs: [run({})] },
      { axes: {}, runs: [run({})] },
    ]);
  });
});
