import { tf } from '@ddad/compute';
import { expect, it } from 'vitest';
import { focalLoss } from './focal-loss.ts';

function lossOf(...pixels: { anomaly: number; label: 0 | 1 }[]): number {
  return tf.tidy(() => {
    const size = [1, 1, pixels.length];
    const probabilities = tf.tensor(
      pixels.flatMap(({ anomaly }) => [1 - anomaly, anomaly]),
      [...size, 2],
    );
    const labels = tf.tensor(
      pixels.map(({ label }) => label),
      [...size, 1],
    );
    return focalLoss(probabilities, labels).dataSync()[0]!;
  });
}

it('gives the focal loss worked out by hand', () => {
  // pt = 0.99999·0.9 + 0.00001·0.1 + 0.00001 = 0.900002; (1 − pt)² = 0.0099996; −ln pt = 0.1053583; product 0.00105354.
  expect(lossOf({ anomaly: 0.9, label: 1 })).toBeCloseTo(0.00105354, 7);
  // pt = 0.99999·0.1 + 0.00001·0.9 + 0.00001 = 0.100018; (1 − pt)² = 0.8099676; −ln pt = 2.3024051; product 1.8648736.
  expect(lossOf({ anomaly: 0.9, label: 0 })).toBeCloseTo(1.8648736, 5);
  expect(lossOf({ anomaly: 0.9, label: 0 }, { anomaly: 0.9, label: 1 })).toBeCloseTo(
    (1.8648736 + 0.00105354) / 2,
    5,
  );
});

it('stays finite where the network is certain and wrong', () => {
  // pt = 0.00001 + 0.00001; (1 − pt)² = 0.99996; −ln 0.00002 = 10.8197783; product 10.8193455.
  expect(lossOf({ anomaly: 1, label: 0 })).toBeCloseTo(10.8193455, 3);
  // Right: pt = 0.99999 + 0.00001.
  expect(lossOf({ anomaly: 1, label: 1 })).toBeCloseTo(0, 9);
});

it('leaves exactly its result', () => {
  const probabilities = tf.fill([1, 2, 2, 2], 0.5);
  const labels = tf.zeros([1, 2, 2, 1]);
  const before = tf.memory().numTensors;
  const loss = focalLoss(probabilities, labels);
  expect(tf.memory().numTensors).toBe(before + 1);
  tf.dispose([loss, probabilities, labels]);
});
