import { tf } from '@ddad/compute';
import { describe, expect, it } from 'vitest';
import {
  averagedWeights,
  averageShapes,
  averagingRate,
  renewAverages,
  withAverages,
} from './weight-average.ts';

/** What the mean is after weights 0, 1, 2, ..., one a step. */
function meanOfSteps(average: { from: number; horizon: number }, steps: number): number[] {
  let mean = Number.NaN;
  return Array.from({ length: steps }, (_, done) => {
    const rate = averagingRate(average, steps, done);
    // The first one takes the place of whatever was there.
    mean = rate === 1 ? done : mean + rate * (done - mean);
    return mean;
  });
}

describe('the mean of weights', () => {
  it('is the weights themselves until it begins, then their plain mean while that is shorter than its horizon', () => {
    // Steps 0 to 4 are before the middle of 10; then (5), (5+6)/2, (5+6+7)/3 ...
    const means = meanOfSteps({ from: 0.5, horizon: 1 }, 10);
    [0, 1, 2, 3, 4, 5, 5.5, 6, 6.5, 7].forEach((mean, done) => {
      expect(means[done]).toBeCloseTo(mean, 12);
    });
  });

  it('forgets exponentially from its horizon on', () => {
    // Horizon of 2 of 10 steps: rates 1, 1/2, 1/2, ... from step 5 on: 5, 5.5, 6.25, 7.125, 8.0625.
    const means = meanOfSteps({ from: 0.5, horizon: 0.2 }, 10);
    expect(means.slice(5)).toEqual([5, 5.5, 6.25, 7.125, 8.0625]);
  });

  it('is of the last weights alone where its horizon is less than a step', () => {
    expect(meanOfSteps({ from: 0, horizon: 0.01 }, 4)).toEqual([0, 1, 2, 3]);
  });
});

const trainable = { 'conv.weight': [2] };
const tensor = (...values: number[]) => ({ shape: [values.length], data: Float32Array.from(values) });

it('lies beside the weights in a state of its own, at first the same, and takes their place in the end', () => {
  expect(averageShapes(trainable)).toEqual({ 'average.conv.weight': [2] });
  const first = new Map([
    ['conv.weight', tensor(1, 2)],
    ['norm.running_mean', tensor(3)],
  ]);
  const state = withAverages(trainable, first);
  expect(state.get('average.conv.weight')).toEqual(tensor(1, 2));
  state.set('average.conv.weight', tensor(5, 6));
  // A quarter of the way from the mean to the last weights.
  expect([...averagedWeights(trainable, state, 0.25)]).toEqual([
    ['conv.weight', tensor(4, 5)],
    ['norm.running_mean', tensor(3)],
  ]);
  expect(() => withAverages(trainable, new Map())).toThrow('expected a tensor conv.weight, got none');
});

it('moves towards the weights by the rate', () => {
  tf.tidy(() => {
    const renewed = renewAverages(
      trainable,
      { 'conv.weight': tf.tensor1d([4, 8]) },
      { 'average.conv.weight': tf.tensor1d([0, 16]) },
      tf.tensor1d([0.25]),
    );
    expect(Object.keys(renewed)).toEqual(['average.conv.weight']);
    expect([...renewed['average.conv.weight']!.dataSync()]).toEqual([1, 14]);
  });
});
