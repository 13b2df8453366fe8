import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { fitGaussian, mahalanobisDistances } from './gaussian-density.ts';

/** Features that depend on each other, the same in both languages. */
const features = (count: number, size: number) =>
  Float32Array.from({ length: count * size }, (_, at) => {
    const [vector, place] = [Math.floor(at / size), at % size];
    return Math.sin(vector * 1.7 + place * 0.31) + 0.3 * Math.cos(vector * place * 0.9 + place) + place / 50;
  });

const program = `
import json, sys
import numpy as np
from sklearn.covariance import LedoitWolf
given = json.load(sys.stdin)
x = np.array(given['features'], dtype=np.float64).reshape(-1, given['size'])
y = np.array(given['others'], dtype=np.float64).reshape(-1, given['size'])
fit = LedoitWolf().fit(x)
print(json.dumps({'shrinkage': fit.shrinkage_, 'distances': np.sqrt(fit.mahalanobis(y)).tolist()}))
`;

function reference(x: Float32Array, size: number, others: Float32Array) {
  const python = process.env.DDAD_TEST_PYTHON;
  if (python === undefined) throw new Error('expected DDAD_TEST_PYTHON, got nothing: run `make test`');
  const input = JSON.stringify({ features: [...x], size, others: [...others] });
  const out = execFileSync(python, ['-c', program], { input, encoding: 'utf8' });
  return JSON.parse(out) as { shrinkage: number; distances: number[] };
}

describe('a Gaussian over features', () => {
  it.each([
    ['more vectors than features', 200, 24],
    ['fewer vectors than features', 20, 48],
  ])("shrinks as scikit-learn's LedoitWolf and gives its distances: %s", (_, count, size) => {
    const [normal, others] = [features(count, size), features(count + 9, size).subarray(count * size)];
    const density = fitGaussian(normal, size);
    const expected = reference(normal, size, others);
    expect(density.shrinkage).toBeCloseTo(expected.shrinkage, 9);
    mahalanobisDistances(density, others).forEach((distance, place) => {
      expect(Math.abs(distance / expected.distances[place]! - 1)).toBeLessThan(1e-6);
    });
  });

  it('is 0 away from its mean at its mean', () => {
    // Mean (1, 2); the shrinkage makes the distances of both others equal by symmetry.
    const density = fitGaussian(Float32Array.of(0, 2, 2, 2, 1, 1, 1, 3), 2);
    const [centre, right, up] = mahalanobisDistances(density, Float32Array.of(1, 2, 2, 2, 1, 3));
    expect(centre).toBe(0);
    // Covariance is ½·I before and after shrinking: a step of 1 is √2 deviations.
    expect(right).toBeCloseTo(Math.SQRT2, 6);
    expect(up).toBeCloseTo(Math.SQRT2, 6);
  });

  it('says what was expected of features that it cannot be fitted to', () => {
    expect(() => fitGaussian(Float32Array.of(1, 2), 2)).toThrow(
      'expected at least 2 vectors of 2, got 2 values',
    );
    expect(() => fitGaussian(Float32Array.of(1, 2, 1, 2), 2)).toThrow('expected finite vectors that differ');
    expect(() => fitGaussian(Float32Array.of(1, Number.NaN, 1, 2), 2)).toThrow('expected finite vectors');
  });
});
