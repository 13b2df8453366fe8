import { tf } from '@ddad/compute';
import { expect, it } from 'vitest';
import { proveBackbone, proveGraphEqualsEager } from './prove-backbone.testing.ts';
import { uncertaintyLoss } from './uncertainty-autoencoder.ts';

proveBackbone('aeu', { batchSize: 8, steps: 5, trainable: 34 });
proveGraphEqualsEager('aeu');

it('gives the loss of eq. 5 worked out by hand', () => {
  tf.tidy(() => {
    const pixels = (...values: number[]) => tf.tensor(values, [1, 1, values.length, 1]);
    // σ² = 1, 2, 0.5; (x − x̂)² = 0.25, 1, 0.0625:
    // ((0.25/1 + 0) + (1/2 + ln 2) + (0.0625/0.5 − ln 2)) / 3 = 0.875 / 3.
    const loss = uncertaintyLoss(
      pixels(0.5, -1, 0.25),
      pixels(0, 0, 0.5),
      pixels(0, Math.log(2), -Math.log(2)),
    );
    expect(loss.dataSync()[0]).toBeCloseTo(0.875 / 3, 6);
    // Least where σ² is the squared error: 0.25/0.25 + ln 0.25 = −0.386294.
    const at = (variance: number) =>
      uncertaintyLoss(pixels(0.5), pixels(0), pixels(Math.log(variance))).dataSync()[0]!;
    expect(at(0.25)).toBeCloseTo(-0.386294, 6);
    expect(at(0.25)).toBeLessThan(Math.min(at(0.2), at(0.3)));
  });
});

it('leaves exactly its result', () => {
  const ones = tf.ones([1, 2, 2, 1]);
  const before = tf.memory().numTensors;
  const loss = uncertaintyLoss(ones, ones, ones);
  expect(tf.memory().numTensors).toBe(before + 1);
  tf.dispose([loss, ones]);
});
