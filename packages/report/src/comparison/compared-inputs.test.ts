import { expect, test } from 'vitest';
import { compareInputs, runLetter, type TitledRun } from './compared-inputs.ts';

const run = (
  input: Record<string, unknown> | undefined,
  more: Partial<TitledRun['result']> = {},
): TitledRun => ({
  result: {
    dataset: 'brain',
    method: String(input?.method ?? 'ddad'),
    seed: 3,
    ...(input === undefined ? {} : { input }),
    ...more,
  },
  description: 'K = 3',
});
const titles = (...inputs: Record<string, unknown>[]) =>
  compareInputs(inputs.map((input) => run(input))).titles;
const base = { dataset: 'brain', method: 'ddad', seed: 0, k: 3, refiner: { epochs: 100, batchSize: 8 } };

test('a title names the fields in which the inputs differ, nested ones too', () => {
  expect(titles(base, { ...base, k: 5, refiner: { epochs: 20, batchSize: 8 } })).toEqual([
    'k 3, refiner.epochs 100',
    'k 5, refiner.epochs 20',
  ]);
  expect(titles(base, { ...base, dataset: 'chest' })).toEqual(['brain', 'chest']);
});

test('a field that an input does not have is said to be so; one that was turned off has no parts', () => {
  expect(titles(base, { ...base, unlabeled: 10 })).toEqual(['unlabeled not given', 'unlabeled 10']);
  expect(titles(base, { ...base, refiner: false })).toEqual(['refiner set', 'refiner false']);
  expect(
    titles(base, { ...base, refiner: false }, { ...base, refiner: { epochs: 7, batchSize: 8 } }),
  ).toEqual(['refiner set, refiner.epochs 100', 'refiner false', 'refiner set, refiner.epochs 7']);
});

test('settings of several methods are compared among runs of the same one', () => {
  const other = { dataset: 'brain', method: 'other', seed: 0, width: 8 };
  expect(titles(base, other)).toEqual(['ddad', 'other']);
  expect(titles(base, other, { ...other, width: 9, seed: 1 })).toEqual([
    'ddad, seed 0',
    'other, seed 0, width 8',
    'other, seed 1, width 9',
  ]);
});

test('equal inputs have the titles of their settings; many differences are counted', () => {
  expect(titles(base, base)).toEqual(['K = 3, seed 3', 'K = 3, seed 3']);
  const [title] = titles({ a: 1, b: 1, c: 1, d: 1, e: 1, f: 1 }, { a: 2, b: 2, c: 2, d: 2, e: 2, f: 2 });
  expect(title).toBe('a 1, b 1, c 1, d 1 and 2 more');
});

test('where a result does not hold its input, what all results tell is compared', () => {
  const { titles: found } = compareInputs([
    run(base),
    { ...run(undefined, { seed: 4 }), description: 'K = 5' },
  ]);
  expect(found).toEqual(['K = 3, seed 3', 'K = 5, seed 4']);
});

test('a dataset that was added anew under its name is told by its digest', () => {
  const digests = ['a', 'b'].map((letter) => run(base, { datasetDigest: letter.repeat(64) }));
  expect(compareInputs(digests).titles).toEqual(['datasetDigest aaaaaaaaaaaa', 'datasetDigest bbbbbbbbbbbb']);
});

test('weights that were added anew under their name are told by their key, of runs that have any', () => {
  const input = { dataset: 'brain', method: 'cutpaste', seed: 0, pretrained: 'mine' };
  const of = (pretrainedKey?: string) => run(input, pretrainedKey === undefined ? {} : { pretrainedKey });
  const other = run({ dataset: 'brain', method: 'other', seed: 0 });
  const { titles: found, differing } = compareInputs([of('a'.repeat(64)), of('b'.repeat(64)), other]);
  expect(found).toEqual([
    'cutpaste, pretrainedKey aaaaaaaaaaaa',
    'cutpaste, pretrainedKey bbbbbbbbbbbb',
    'other',
  ]);
  expect(differing).toContainEqual({
    field: 'pretrainedKey',
    values: ['aaaaaaaaaaaa', 'bbbbbbbbbbbb', null],
  });
  // The same ones, and a result from before keys were told.
  expect(compareInputs([of('a'.repeat(64)), of('a'.repeat(64)), of()]).differing).toEqual([]);
});

test('runs are called A to Z, then by two letters', () => {
  expect([0, 25, 26, 52, 701, 702].map(runLetter)).toEqual(['A', 'Z', 'AA', 'BA', 'ZZ', 'AAA']);
});
