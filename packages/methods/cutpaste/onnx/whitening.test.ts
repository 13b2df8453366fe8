import { fitGaussian, mahalanobisDistances } from '@ddad/anomaly/gaussian-density';
import { expect, it } from 'vitest';
import { whiteningOf } from './whitening.ts';

it('whitened features are as long as their Mahalanobis distances', () => {
  const size = 5;
  const features = Float32Array.from({ length: 9 * size }, (_, i) => Math.sin(i * i) + (i % size) / 4);
  const { mean, inverse } = whiteningOf(features, size);
  const expected = mahalanobisDistances(fitGaussian(features, size), features);
  expected.forEach((distance, vector) => {
    const centred = Array.from(mean, (value, i) => features[vector * size + i]! - value);
    const whitened = centred.map((_, row) =>
      centred.reduce((sum, value, column) => sum + inverse[row * size + column]! * value, 0),
    );
    expect(Math.hypot(...whitened)).toBeCloseTo(distance, 5);
  });
  // A lower triangle's inverse is one, too.
  expect(inverse[1]).toBe(0);
});
