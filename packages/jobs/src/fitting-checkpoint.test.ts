import { expect, test } from 'vitest';
import type { TrainingState } from './checkpoint-file.ts';
import { checkpointFault } from './fitting-checkpoint.ts';

const tensor = (...shape: number[]) => ({ shape, data: new Float32Array(shape.reduce((a, b) => a * b, 1)) });
const own = { weight: tensor(2, 3), bias: tensor(3) };
const tensors = (change: Record<string, ReturnType<typeof tensor> | undefined> = {}) =>
  new Map(
    Object.entries({ ...own, ...change }).flatMap(([name, one]) =>
      one === undefined ? [] : [[name, one] as const],
    ),
  );

/** In the middle of the third of four epochs of five steps. */
const state: TrainingState = { steps: 12, lossSum: 1, history: [3, 2], seconds: 1, tensors: tensors() };
const fault = (change: Partial<TrainingState>, phases = ['']) =>
  checkpointFault({ ...state, ...change }, { tensors: tensors(), phases, epochs: 4, stepsPerEpoch: 5 });
const named = { stepsOf: { critic: 9, generator: 3 }, sums: {}, figures: [{}, {}] };
const names = ['generator', 'critic'];

test('a training goes on from its own state, at the start and at the end too', () => {
  expect(fault({})).toBeNull();
  expect(fault({ steps: 0, history: [] })).toBeNull();
  expect(fault({ steps: 20, history: [4, 3, 2, 1] })).toBeNull();
  expect(fault({ phases: named }, names)).toBeNull();
});

test.each<[string, Partial<TrainingState>, string]>([
  [
    'a tensor that is missing',
    { tensors: tensors({ bias: undefined }) },
    'bias: expected shape [3], got none',
  ],
  ['a foreign tensor', { tensors: tensors({ extra: tensor() }) }, 'extra: expected none, got shape []'],
  ['a shorter tensor', { tensors: tensors({ bias: tensor(2) }) }, 'bias: expected shape [3], got shape [2]'],
  // Of as many values: whoever looks at the length only takes it.
  [
    'a tensor of another shape',
    { tensors: tensors({ weight: tensor(3, 2) }) },
    'weight: expected shape [2, 3], got shape [3, 2]',
  ],
  ['more steps than there are', { steps: 21, history: [4, 3, 2, 1] }, 'expected at most 20 steps, got 21'],
  ['losses of too few epochs', { history: [3] }, 'expected losses of 2 epochs after 12 steps, got 1'],
])('a training does not go on from a state with %s', (_, change, message) => {
  expect(fault(change)).toBe(`checkpoint: ${message}`);
});

test('a training whose last epoch is shorter goes on from its own state, at the end too, and from no other', () => {
  // Three epochs of five steps, and one of two.
  const own = { tensors: tensors(), phases: [''], epochs: 4, stepsPerEpoch: 5, lastEpoch: 2 };
  const of = (steps: number, history: number[]) => checkpointFault({ ...state, steps, history }, own);
  expect(of(16, [4, 3, 2])).toBeNull();
  expect(of(17, [4, 3, 2, 1])).toBeNull();
  expect(of(17, [4, 3, 2])).toBe('checkpoint: expected losses of 4 epochs after 17 steps, got 3');
  expect(of(18, [4, 3, 2, 1])).toBe('checkpoint: expected at most 17 steps, got 18');
});

test.each<[string, TrainingState['phases'], string]>([
  ['no phases', undefined, 'expected phases "critic", "generator", got phases ""'],
  [
    'a phase too few',
    { ...named, stepsOf: { critic: 12 } },
    'expected phases "critic", "generator", got phases "critic"',
  ],
  [
    'steps that do not add up',
    { ...named, stepsOf: { critic: 9, generator: 2 } },
    'expected 12 steps of all phases together, got 11',
  ],
  ['figures of too few epochs', { ...named, figures: [{}] }, 'expected figures of 2 epochs, got 1'],
])('a training of two phases does not go on from a state with %s', (_, phases, message) => {
  expect(fault({ phases }, names)).toBe(`checkpoint: ${message}`);
});

test('names every fault, the first five of many', () => {
  const foreign = Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`t${i}`, tensor(1)]));
  expect(fault({ tensors: tensors({ ...foreign, bias: tensor(2) }), history: [] })).toMatch(
    /^checkpoint: bias: .*; t0: .*; t1: .*; t2: .*; t3: [^;]*; and 6 more$/,
  );
});
