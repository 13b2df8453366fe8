import { describe, expect, it } from 'vitest';
import { readExperiment } from './experiment-input.ts';

const faultsOf = (axes: Record<string, unknown[]>, choose: unknown) =>
  readExperiment({ base: {}, axes, choose }).faults.map(({ path, message }) => `${path}: ${message}`);

describe('an experiment that is chosen from', () => {
  it('has no axis that decides which images are compared, and tells of every such axis', () => {
    const axes = { k: [2, 3], unlabeled: [1, 2], calibration: [0.1, 0.2] };
    expect(faultsOf(axes, 'axes')).toEqual([
      'axes.unlabeled: expected no such axis where one of the runs is to be chosen: they are compared over the same images, which unlabeled decides',
      'axes.calibration: expected no such axis where one of the runs is to be chosen: they are compared over the same images, which calibration decides',
    ]);
    expect(faultsOf(axes, undefined)).toEqual([]);
  });

  it('has two values of an axis other than the seed, or has its scores chosen from', () => {
    expect(faultsOf({ seed: [0, 1], k: [3] }, 'axes')).toEqual([
      'axes: expected two values of an axis other than seed to choose from (or "choose": "scores", for the best score), got seed, k',
    ]);
    expect(faultsOf({}, 'axes')[0]).toContain('got no axes');
    expect(faultsOf({ seed: [0, 1] }, 'scores')).toEqual([]);
    expect(faultsOf({ k: [2, 3] }, 'axes')).toEqual([]);
  });

  it('has no seed among the fields of its runs', () => {
    const runs = { a: { seed: 0 }, b: { seed: 1, k: 3 } };
    const { faults } = readExperiment({ base: {}, runs, choose: 'axes' });
    expect(faults.map(({ path, message }) => `${path}: ${message}`)).toEqual([
      'runs.a.seed: expected seeds as an axis where one of the runs is to be chosen: they are averaged, never chosen',
      'runs.b.seed: expected seeds as an axis where one of the runs is to be chosen: they are averaged, never chosen',
    ]);
    expect(readExperiment({ base: {}, runs }).faults).toEqual([]);
  });

  it('says what is chosen among', () => {
    expect(faultsOf({ k: [2, 3] }, true)).toEqual(['choose: expected one of "axes"|"scores", got true']);
  });
});
