import { expect, test } from 'vitest';
import { assertNoCollapse, type Collapse } from './collapse.ts';

const flat: Collapse = {
  who: 'critic',
  figure: 'critic.norm',
  meaning: 'the mean norm of its slopes',
  below: 0.1,
  above: 10,
  times: 3,
  of: 4,
};
const epochs = (...values: number[]) => values.map((value) => ({ critic: 1, 'critic.norm': value }));
const look = (...values: number[]) => assertNoCollapse(epochs(...values), [flat]);

test('a figure beyond its bound in so many of the last epochs is a divergence that names network, figure, bound and value', () => {
  expect(() => look(1, 0.01, 0.02, 0.0301)).toThrow(
    expect.objectContaining({
      kind: 'diverged',
      message:
        'the critic collapsed: the mean norm of its slopes was below 0.1 in 3 of the last 4 epochs, at last 0.0301 (epoch 4)',
    }),
  );
  expect(() => look(30, 20, 1, 40)).toThrow('was above 10 in 3 of the last 4 epochs, at last 40.0 (epoch 4)');
});

test('one bad epoch, an old one, or one that is over is none', () => {
  look();
  look(1, 1, 0.01, 0.01);
  look(0.01, 0.01, 1, 1, 0.01);
  look(0.01, 0.01, 0.01, 0.1);
  look(10, 10, 10, 10);
});

test('epochs without the figure, as of another network’s training, do not count', () => {
  const without = [{ encoder: 1 }, { encoder: 1 }];
  assertNoCollapse([...epochs(1, 0.01, 0.01), ...without], [flat]);
  expect(() => assertNoCollapse([...epochs(0.01, 0.01), ...without, ...epochs(0.01)], [flat])).toThrow(
    '3 of the last 3 epochs',
  );
});
