import { fitGaussian } from '@ddad/anomaly/gaussian-density';
import type { Whitening } from './classifier-model.ts';

/**
 * What turns features into vectors whose length is the Mahalanobis distance: the mean and L⁻¹ of the Gaussian over the normal images'
 * features, whose covariance is L·Lᵀ.
 * @param features [N,512]
 */
export function whiteningOf(features: Float32Array, size = 512): Whitening {
  const { mean, factor } = fitGaussian(features, size);
  return { mean: Float32Array.from(mean), inverse: Float32Array.from(inverseOf(factor, size)) };
}

/** Inverse of a lower triangle, [P,P] row by row, by forward substitution. */
function inverseOf(lower: Float64Array, size: number): Float64Array {
  const inverse = new Float64Array(size * size);
  for (let row = 0; row < size; row += 1) {
    const own = inverse.subarray(row * size, (row + 1) * size);
    own[row] = 1;
    for (let before = 0; before < row; before += 1) {
      const share = lower[row * size + before]!;
      for (let column = 0; column <= before; column += 1)
        own[column]! -= share * inverse[before * size + column]!;
    }
    const diagonal = lower[row * size + row]!;
    for (let column = 0; column <= row; column += 1) own[column]! /= diagonal;
  }
  return inverse;
}
