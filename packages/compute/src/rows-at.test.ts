import { expect, it } from 'vitest';
import { inferenceStep } from './inference-step.ts';
import { rowsAt } from './rows-at.ts';
import { tf } from './tensorflow.ts';

it('takes rows by their positions, in a compiled step', () => {
  const rows = { shape: [3, 2, 1], data: Float32Array.of(0, 1, 10, 11, 20, 21) };
  const step = inferenceStep({
    weights: new Map([['rows', rows]]),
    inputs: { positions: [2] },
    compute: (weights, { positions }) => ({ taken: rowsAt(weights.rows!, positions!) }),
    mode: 'graph',
  });
  try {
    expect(step.run({ positions: Float32Array.of(2, 0) }).taken).toEqual(Float32Array.of(20, 21, 0, 1));
    expect(step.run({ positions: Float32Array.of(1, 1) }).taken).toEqual(Float32Array.of(10, 11, 10, 11));
    expect(() => step.run({ positions: Float32Array.of(0, 3) })).toThrow('is not in [0, 3)');
  } finally {
    step.dispose();
  }
});

it('is exact up to 2^24 rows, and leaves no tensor behind', () => {
  const before = tf.memory().numTensors;
  const last = 2 ** 24 - 1;
  const taken = tf.tidy(() => {
    const rows = tf.concat([tf.zeros([last - 1]), tf.tensor1d([1, 2])]);
    return rowsAt(rows, tf.tensor1d([last - 1, last]))
      .dataSync<'float32'>()
      .slice();
  });
  expect(taken).toEqual(Float32Array.of(1, 2));
  expect(tf.memory().numTensors).toBe(before);
});
