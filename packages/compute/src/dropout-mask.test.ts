import { describe, expect, it } from 'vitest';
import { dropoutMask, maskSeed } from './dropout-mask.ts';
import { inferenceStep } from './inference-step.ts';
import { tf } from './tensorflow.ts';

const size = 100_000;
const values = (seed: Float32Array, site = 0, rate = 0.3, shape = [size]): Float32Array =>
  tf.tidy(() => dropoutMask(tf.tensor1d(seed), site, shape, rate).dataSync<'float32'>().slice());

describe('a dropout mask', () => {
  it.each([0.1, 0.5])('drops %f of the values and scales the others so that the mean stays', (rate) => {
    const mask = values(maskSeed(1), 0, rate);
    const kept = Math.fround(1 / (1 - rate));
    expect([...new Set(mask)].sort()).toEqual([0, kept]);
    // The count is binomial: five standard deviations.
    const dropped = mask.filter((value) => value === 0).length;
    expect(Math.abs(dropped - rate * size)).toBeLessThan(5 * Math.sqrt(size * rate * (1 - rate)));
  });

  it('is all ones at rate 0', () => {
    expect(values(maskSeed(1), 0, 0).every((value) => value === 1)).toBe(true);
  });

  it('is the same for the same seed, and agrees with others by chance only', () => {
    const mask = values(maskSeed(1, 'pass', 0), 0, 0.5);
    expect(values(maskSeed(1, 'pass', 0), 0, 0.5)).toEqual(mask);
    const others = [
      values(maskSeed(1, 'pass', 1), 0, 0.5),
      values(maskSeed(2, 'pass', 0), 0, 0.5),
      values(maskSeed(1, 'pass', 0), 1, 0.5),
    ];
    for (const other of others) {
      const same = other.filter((value, i) => value === mask[i]).length;
      expect(Math.abs(same - size / 2)).toBeLessThan(5 * Math.sqrt(size / 4));
    }
  });

  it('is the same inside of a compiled step, which reads its seed anew in every run', () => {
    const step = inferenceStep({
      weights: new Map(),
      inputs: { seed: [2] },
      compute: (_weights, { seed }) => ({ mask: dropoutMask(seed!, 3, [100, 7], 0.3) }),
      mode: 'graph',
    });
    try {
      for (const seed of [maskSeed(5, 1), maskSeed(5, 2), maskSeed(5, 1)])
        expect(step.run({ seed }).mask).toEqual(values(seed, 3, 0.3, [100, 7]));
    } finally {
      step.dispose();
    }
  });

  it('leaves no tensor behind', () => {
    const before = tf.memory().numTensors;
    values(maskSeed(1));
    expect(tf.memory().numTensors).toBe(before);
  });

  it.each([-0.1, 1, Number.NaN])('refuses rate %f', (rate) => {
    expect(() => values(maskSeed(1), 0, rate)).toThrow(`rate: expected 0 to less than 1, got ${rate}`);
  });

  it.each([-1, 128, 0.5])('refuses site %f', (site) => {
    expect(() => values(maskSeed(1), site)).toThrow(`site: expected 0 to 127, got ${site}`);
  });
});
