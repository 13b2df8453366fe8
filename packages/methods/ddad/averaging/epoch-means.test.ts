import type { TensorData, TrainStep } from '@ddad/compute';
import { describe, expect, it } from 'vitest';
import { withEpochMeans } from './epoch-means.ts';

const trainable = { 'conv.weight': [2] };
const tensor = (...values: number[]): TensorData => ({
  shape: [values.length],
  data: Float32Array.from(values),
});

/** A step whose weights behind step s are s and -s, and whose only statistic is 10·s. */
function countingStep() {
  let steps = 0;
  const read = () =>
    new Map([
      ['conv.weight', tensor(steps, -steps)],
      ['norm.running_mean', tensor(10 * steps)],
    ]);
  const step = {
    get steps() {
      return steps;
    },
    stepsACall: 3,
    runSeveral(batches: readonly object[]) {
      steps += batches.length;
      return batches.map(() => 0.5);
    },
    read,
    readState: () => ({ steps, tensors: read().set('adam.m.conv.weight', tensor(7, 7)) }),
    writeState: (state: { steps: number }) => {
      steps = state.steps;
    },
  };
  return step as unknown as TrainStep;
}

const valuesOf = (tensors: ReadonlyMap<string, TensorData>) =>
  Object.fromEntries([...tensors].map(([name, { data }]) => [name, [...data]]));

/** Runs to the end, in calls that stay within epochs as a training's do. */
function finish(step: ReturnType<typeof withEpochMeans>, epochs: number, stepsPerEpoch: number) {
  while (step.steps < epochs * stepsPerEpoch) {
    const left = stepsPerEpoch - (step.steps % stepsPerEpoch);
    step.runSeveral(Array.from({ length: Math.min(2, left) }, () => ({})));
  }
  return valuesOf(step.read());
}

describe('the mean over the last epochs', () => {
  const stepsPerEpoch = 3;

  it.each([
    // Weights behind the ends of epochs are 3, 6, 9 ... 60.
    { epochs: 20, share: 0.1, mean: (57 + 60) / 2 },
    { epochs: 20, share: 0.15, mean: (54 + 57 + 60) / 3 },
    { epochs: 19, share: 0.1, mean: 57 },
    { epochs: 2, share: 0.1, mean: 6 },
    { epochs: 1, share: 0.1, mean: 3 },
    { epochs: 2, share: 1, mean: (3 + 6) / 2 },
  ])('is over a share of $share of $epochs, and over one at least', ({ epochs, share, mean }) => {
    const step = withEpochMeans(countingStep(), { trainable, epochs, stepsPerEpoch, share });
    // Statistics are the last step's.
    expect(finish(step, epochs, stepsPerEpoch)).toEqual({
      'conv.weight': [mean, -mean],
      'norm.running_mean': [30 * epochs],
    });
  });

  it('is part of the state, the same tensors from the first step on, and goes on from it', () => {
    const settings = { trainable, epochs: 20, stepsPerEpoch, share: 0.15 };
    const whole = withEpochMeans(countingStep(), settings);
    const names = [...whole.readState().tensors.keys()];
    expect(names).toEqual(['conv.weight', 'norm.running_mean', 'adam.m.conv.weight', 'average.conv.weight']);
    expect(valuesOf(whole.read())).toMatchObject({ 'conv.weight': [0, -0] });
    while (whole.steps < 57) whole.runSeveral([{}]);
    const state = whole.readState();
    expect([...state.tensors.keys()]).toEqual(names);
    // What was read stays as it was.
    const expected = finish(whole, 20, stepsPerEpoch);
    const resumed = withEpochMeans(countingStep(), settings);
    resumed.writeState(state);
    expect(resumed.steps).toBe(57);
    expect(valuesOf(resumed.read())['conv.weight']).toEqual([55.5, -55.5]);
    expect(finish(resumed, 20, stepsPerEpoch)).toEqual(expected);
  });

  it('hands the losses on', () => {
    const step = withEpochMeans(countingStep(), { trainable, epochs: 1, stepsPerEpoch, share: 0.1 });
    expect(step.runSeveral([{}, {}])).toEqual([0.5, 0.5]);
    expect(step.stepsACall).toBe(3);
  });
});
