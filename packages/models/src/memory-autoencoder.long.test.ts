import { tf } from '@ddad/compute';
import { expect, it } from 'vitest';
import { attentionEntropy, recall } from './memory-autoencoder.ts';
import { proveBackbone, proveGraphEqualsEager } from './prove-backbone.testing.ts';

proveBackbone('memae', { batchSize: 8, steps: 5, trainable: 35 });
proveGraphEqualsEager('memae');

it('recalls what was worked out by hand', () => {
  tf.tidy(() => {
    // Three slots of two values. Dot products of code (1, 2) with them: 0, ln 3 and ln 4, of which softmax makes 1/8, 3/8, 4/8.
    const slots = [0, 0, Math.log(3), 0, 0, Math.log(2)];
    const { attention, codes } = recall(tf.tensor2d([1, 2], [1, 2]), tf.tensor2d(slots, [3, 2]));
    for (const [slot, share] of [0.125, 0.375, 0.5].entries()) {
      expect(attention.dataSync()[slot]).toBeCloseTo(share, 6);
    }
    // 3/8 · (ln 3, 0) + 4/8 · (0, ln 2), also where a slot has nearly nothing: nothing is cut off.
    expect(codes.dataSync()[0]).toBeCloseTo(0.375 * Math.log(3), 6);
    expect(codes.dataSync()[1]).toBeCloseTo(0.5 * Math.log(2), 6);
  });
});

it("gives the attention's entropy worked out by hand", () => {
  tf.tidy(() => {
    const entropy = (rows: number[][]) => attentionEntropy(tf.tensor2d(rows)).dataSync()[0];
    // ½ ln 2 + 2 · ¼ ln 4 = 1.5 ln 2.
    expect(entropy([[0.5, 0.25, 0.25]])).toBeCloseTo(1.5 * Math.log(2), 6);
    // One slot has it all, and rounding gave the others nothing: finite, and 0.
    expect(entropy([[1, 0, 0]])).toBeCloseTo(0, 6);
    // Mean over the images.
    expect(
      entropy([
        [0.5, 0.5, 0],
        [1, 0, 0],
      ]),
    ).toBeCloseTo(Math.log(2) / 2, 6);
  });
});

it('leaves exactly its results', () => {
  const [codes, slots] = [tf.ones([2, 4]), tf.ones([3, 4])];
  const before = tf.memory().numTensors;
  const recalled = recall(codes, slots);
  const entropy = attentionEntropy(recalled.attention);
  expect(tf.memory().numTensors).toBe(before + 3);
  tf.dispose([codes, slots, recalled.attention, recalled.codes, entropy]);
});
