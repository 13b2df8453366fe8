import { expect, test } from 'vitest';
import { EpochSums } from './epoch-figures.ts';

test('means are over the steps that had a figure, and begin anew with each epoch', () => {
  const sums = new EpochSums();
  sums.add('critic', { loss: 1, watched: { distance: 10 } }, 'step 1');
  sums.add('critic', { loss: 4, watched: { distance: 20 } }, 'step 2');
  sums.add('generator', { loss: -3, watched: {} }, 'step 3');
  expect(sums.end()).toEqual({ critic: 2.5, 'critic.distance': 15, generator: -3 });
  expect(sums.end()).toEqual({});
});

test('go on from what a checkpoint kept', () => {
  const first = new EpochSums();
  first.add('a', { loss: 0.1, watched: {} }, 'step 1');
  first.add('a', { loss: 0.2, watched: {} }, 'step 2');
  const second = new EpochSums(JSON.parse(JSON.stringify(first)));
  for (const sums of [first, second]) sums.add('a', { loss: 0.7, watched: {} }, 'step 3');
  expect(second.end()).toEqual(first.end());
});

test('a watched scalar that is not finite is a divergence that names it', () => {
  const add = () => new EpochSums().add('critic', { loss: 1, watched: { penalty: Number.NaN } }, 'step 7');
  expect(add).toThrow('penalty of phase critic became NaN in step 7');
  expect(add).toThrow(expect.objectContaining({ kind: 'diverged' }));
});

test('of a loss that a penalty in it made not finite, the penalty is named as well, and nothing is added up', () => {
  const sums = new EpochSums();
  const watched = { distance: 2, penalty: Number.POSITIVE_INFINITY };
  expect(() => sums.add('critic', { loss: Number.NaN, watched }, 'step 3')).toThrow(
    'the loss of phase critic became NaN, penalty of phase critic became Infinity in step 3',
  );
  expect(sums.end()).toEqual({});
});
