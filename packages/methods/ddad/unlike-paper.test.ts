import type { RunResult } from '@ddad/contract';
import { expect, it } from 'vitest';
import { settingsOf } from '../run-input.testing.ts';
import { unlikePaper } from './unlike-paper.ts';

/** A result with this input, as far as it is looked at. */
const result = (input: object | undefined, changes: Partial<RunResult> = {}): RunResult =>
  ({ k: 3, ...(input === undefined ? {} : { input: settingsOf(input) }), ...changes }) as RunResult;

it('is nothing of the paper’s settings, whatever the backbone and the seed', () => {
  const recipes = { recipe: 'paper', refiner: { recipe: 'paper' } };
  expect(unlikePaper(result(recipes))).toEqual([]);
  expect(unlikePaper(result({ ...recipes, backbone: 'aeu', seed: 7, calibration: 0.1, dsu: false }))).toEqual(
    [],
  );
});

it('is the recipes of a run that nothing was asked of', () => {
  expect(unlikePaper(result({}))).toEqual([
    'weights averaged over the last tenth of the epochs',
    'ASR-Net’s epochs 40 instead of 100',
    'ASR-Net’s weights averaged over its steps',
  ]);
});

it('lists every setting that is not the paper’s', () => {
  const refiner = { epochs: 6, recipe: 'steady', learningRate: 3e-4 };
  const input = {
    k: 5,
    epochs: 20,
    batchSize: 16,
    recipe: 'steady',
    beta1: 0.9,
    precision: 'bfloat16',
    repulsion: 1,
    refiner,
  };
  expect(unlikePaper(result(input, { k: 5, imageSize: 128 }))).toEqual([
    'size 128 instead of 64',
    'K 5 instead of 3',
    'epochs 20 instead of 250',
    'images a step 16 instead of 64',
    'Adam’s β1 0.9 instead of 0.5',
    'weights averaged over the last tenth of the epochs',
    'bfloat16',
    'repulsion 1',
    'ASR-Net’s epochs 6 instead of 100',
    'ASR-Net’s learning rate 0.0003 instead of 0.0001',
    'ASR-Net’s weights averaged over its steps',
  ]);
  expect(unlikePaper(result({ refiner: false, wideLayer: 1024, recipe: 'paper' }))).toEqual([
    'wide layer 1024 instead of 2048',
  ]);
});

it('tells rate and passes of MC Dropout', () => {
  const dropout = { uncertainty: 'dropout', recipe: 'paper' };
  const [k, passes] = unlikePaper(result({ ...dropout, refiner: { recipe: 'paper' } }, { k: 1 }));
  expect([k, passes]).toEqual([
    'K 1 instead of 3',
    'MC Dropout (rate 0.1, 256 passes, 16 in ASR-Net’s training)',
  ]);
  expect(unlikePaper(result({ ...dropout, refiner: false }, { k: 1 })).at(-1)).toBe(
    'MC Dropout (rate 0.1, 256 passes)',
  );
});

it('takes a run from before there were recipes for one of the paper’s', () => {
  const { recipe: _, refiner, ...before } = settingsOf({ recipe: 'paper', refiner: { recipe: 'paper' } });
  const { recipe: __, ...refinerBefore } = refiner as Record<string, unknown>;
  const stored = (input: object) => unlikePaper({ k: 3, input } as unknown as RunResult);
  expect(stored({ ...before, refiner: refinerBefore })).toEqual([]);
  // Refiners had recipes before members did.
  expect(stored({ ...before, refiner: { ...refinerBefore, recipe: 'steady' } })).toEqual([
    'ASR-Net’s weights averaged over its steps',
  ]);
  expect(stored({ ...before, refiner: false })).toEqual([]);
});

it('tells size and K alone of a result that does not hold its input', () => {
  expect(unlikePaper(result(undefined, { k: 2 }))).toEqual(['K 2 instead of 3']);
});
