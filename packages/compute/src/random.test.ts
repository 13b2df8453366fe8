import { describe, expect, it } from 'vitest';
import { randomStream } from './random.ts';

describe('a random stream', () => {
  it('depends on its seed and labels alone', () => {
    const draw = (seed: number, ...labels: (string | number)[]) => {
      const stream = randomStream(seed, ...labels);
      return Array.from({ length: 4 }, () => stream.uniform());
    };
    expect(draw(1, 'order', 3)).toEqual(draw(1, 'order', 3));
    expect(draw(1, 'order', 3)).not.toEqual(draw(1, 'order', 4));
    expect(draw(1, 'order', 3)).not.toEqual(draw(2, 'order', 3));
    // Joined labels would make these equal.
    expect(draw(1, 'a', 12)).not.toEqual(draw(1, 'a', 1, 2));
  });

  it('shuffles to a permutation, every place equally likely', () => {
    expect([...randomStream(5, 'x').shuffle(1000)].sort((a, b) => a - b)).toEqual(
      Array.from({ length: 1000 }, (_, i) => i),
    );
    // Place of the first of 4 items over 4,000 shuffles: 1,000 each, 5 standard deviations are 5·√(4000·¼·¾) = 137.
    const places = [0, 0, 0, 0];
    for (let i = 0; i < 4000; i++) places[randomStream(9, i).shuffle(4).indexOf(0)]!++;
    for (const count of places) expect(Math.abs(count - 1000)).toBeLessThan(137);
  });

  it('draws integers from both ends of the range and nothing beyond', () => {
    const stream = randomStream(3, 'integers');
    const seen = new Set(Array.from({ length: 500 }, () => stream.integer(6, 9)));
    expect([...seen].sort()).toEqual([6, 7, 8, 9]);
  });

  it('has mean ½ and variance 1/12 on [0, 1)', () => {
    const values = new Float32Array(20_000);
    randomStream(11, 'fill').fillUniform(0, 1, values);
    const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
    const variance = values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length;
    // Five standard errors: 5·√(1/12/20000) = 0.0102; of the variance 5·√(1/180/20000) = 0.0026.
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.0102);
    expect(Math.abs(variance - 1 / 12)).toBeLessThan(0.0026);
  });

  it('draws from a normal distribution', () => {
    const values = new Float32Array(100_001);
    randomStream(4, 'normal').fillNormal(3, 2, values);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
    // Standard errors: 2/√100,001 = 0.0063 of the mean, 4·√(2/100,001) = 0.018 of the variance; five of each.
    expect(Math.abs(mean - 3)).toBeLessThan(0.032);
    expect(Math.abs(variance - 4)).toBeLessThan(0.09);
    // Within one deviation lie 68.27 %, beyond three 0.27 %.
    const share = (test: (z: number) => boolean) =>
      values.filter((value) => test(Math.abs(value - 3) / 2)).length / values.length;
    expect(share((z) => z < 1)).toBeCloseTo(0.6827, 2);
    expect(share((z) => z > 3)).toBeCloseTo(0.0027, 3);
  });
});
