import { expect, it } from 'vitest';
import { relu } from './relu.ts';
import { tf } from './tensorflow.ts';

it('relu has the values and the gradient of tfjs, and leaves no tensor behind', () => {
  const before = tf.memory().numTensors;
  tf.tidy(() => {
    const x = tf.tensor2d([-2, -0, 0, 1e-30, 3, 4], [2, 3]);
    const dy = tf.tensor2d([1, 2, 3, 4, 5, -6], [2, 3]);
    expect(relu(x).arraySync()).toEqual(tf.relu(x).arraySync());
    const gradient = tf.grad((input) => relu(input))(x, dy);
    expect([...gradient.dataSync()]).toEqual([0, 0, 0, 4, 5, -6]);
    expect(
      [
        ...tf
          .grad((input) => tf.relu(input))(x, dy)
          .dataSync(),
      ].map((g) => g + 0),
    ).toEqual([...gradient.dataSync()]);
  });
  expect(tf.memory().numTensors).toBe(before);
});
