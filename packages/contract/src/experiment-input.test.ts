import { describe, expect, test } from 'vitest';
import { experimentFaults, readExperiment } from './experiment-input.ts';

test('tells of every repeated value, however many there are', () => {
  const { faults } = readExperiment({ base: {}, axes: { k: Array.from({ length: 200_000 }, () => 3) } });
  expect(faults).toHaveLength(199_999);
  expect(faults[0]).toEqual({ path: 'axes.k', message: 'expected each value once, got 3 again' });
});

describe('runs with fields of their own', () => {
  const runs = { AE: { method: 'ae' }, CutPaste: { method: 'cutpaste', 'deep.steps': 3 } };

  test('are each made with every combination of the axes, and named in it', () => {
    const { combinations, faults } = readExperiment({
      base: { dataset: 'a', deep: { width: 1 } },
      runs,
      axes: { seed: [0, 1] },
      published: 'brain',
    });
    expect(faults).toEqual([]);
    expect(combinations).toEqual([
      { axes: { name: 'AE', seed: 0 }, input: { dataset: 'a', deep: { width: 1 }, method: 'ae', seed: 0 } },
      { axes: { name: 'AE', seed: 1 }, input: { dataset: 'a', deep: { width: 1 }, method: 'ae', seed: 1 } },
      ...[0, 1].map((seed) => ({
        axes: { name: 'CutPaste', seed },
        input: { dataset: 'a', deep: { width: 1, steps: 3 }, method: 'cutpaste', seed },
      })),
    ]);
    const alone = readExperiment({ base: { dataset: 'a' }, runs });
    expect(alone.combinations.map(({ axes }) => axes)).toEqual([{ name: 'AE' }, { name: 'CutPaste' }]);
  });

  test('may not set what an axis sets, nor a field within what is no object', () => {
    const { faults } = readExperiment({
      base: { dataset: 'a', deep: 3 },
      runs: { ...runs, Other: { seed: 1, '../x': 2 } },
      axes: { seed: [0, 1], name: [1] },
    });
    expect(faults.map(({ path, message }) => `${path}: ${message}`)).toEqual([
      'axes.name: expected no axis of this name beside "runs"',
      'runs.CutPaste.deep.steps: expected an object as deep in base, to set a field of it, got 3',
      'runs.Other.seed: expected no field that an axis sets, but seed is one',
      "runs.Other.../x: expected a run's field, a nested one by its dotted path",
    ]);
    const within = { A: { refiner: false, 'refiner.epochs': 3 } };
    expect(readExperiment({ base: {}, runs: within }).faults).toEqual([
      {
        path: 'runs.A.refiner.epochs',
        message: 'expected fields that do not overlap, but refiner beside it holds it',
      },
    ]);
    expect(readExperiment({ base: {}, runs: {} }).faults).toEqual([
      { path: 'runs', message: 'expected at least one entry, got none' },
    ]);
  });

  test('have their faults where they come from', () => {
    const read = readExperiment({ base: { dataset: 'a', epochs: 0 }, runs, axes: { seed: [0, -1] } });
    const faults = experimentFaults(
      read,
      read.combinations.map(({ axes }) => ({
        faults: [
          { path: 'epochs', message: 'expected more' },
          ...(axes.name === 'CutPaste' ? [{ path: 'deep.steps', message: 'unknown field' }] : []),
          ...(axes.seed === -1 ? [{ path: 'seed', message: 'expected 0' }] : []),
        ],
      })),
    );
    expect(faults).toEqual([
      { path: 'base.epochs', message: 'expected more' },
      { path: 'axes.seed', message: 'expected 0' },
      {
        path: 'runs.CutPaste.deep.steps',
        message: 'unknown field (in 2 of 4 runs, first with name = CutPaste, seed = 0)',
      },
    ]);
  });

  test('may be chosen from, over the same images', () => {
    const chosen = (of: object) =>
      readExperiment({ base: { dataset: 'a' }, choose: 'axes', runs: of }).faults;
    expect(chosen(runs)).toEqual([]);
    expect(chosen({ AE: { method: 'ae', calibration: 0.2 }, CutPaste: {} })).toEqual([
      { path: 'runs.AE.calibration', message: expect.stringMatching(/^expected no such field where one/) },
    ]);
    expect(chosen({ AE: {} })).toEqual([
      { path: 'axes', message: expect.stringMatching(/^expected two values/) },
    ]);
  });
});
