/** A Gaussian over feature vectors, ready for distances. */
export interface GaussianDensity {
  /** Length of a feature vector. */
  size: number;
  /** [P] */
  mean: Float64Array;
  /** Lower triangle L of the covariance L·Lᵀ, [P,P] row by row; what lies above the diagonal is 0. */
  factor: Float64Array;
  /** Ledoit and Wolf's share of the scaled identity in the covariance, 0..1. */
  shrinkage: number;
}

/**
 * A Gaussian fitted to feature vectors, its covariance shrunk towards a scaled identity by Ledoit and Wolf's estimate
 * ("A well-conditioned estimator for large-dimensional covariance matrices", 2004), so that fewer vectors than features
 * suffice. As scikit-learn's `LedoitWolf`.
 * @param features [N,P], N at least 2
 * @throws RangeError where they are too few, not finite, or all the same
 */
export function fitGaussian(features: Float32Array, size: number): GaussianDensity {
  const count = features.length / size;
  if (!Number.isInteger(count) || count < 2) {
    throw new RangeError(`features: expected at least 2 vectors of ${size}, got ${features.length} values`);
  }
  const mean = meanOf(features, size, count);
  const centred = Float64Array.from(features, (value, at) => value - mean[at % size]!);
  const covariance = covarianceOf(centred, size, count);
  const shrinkage = ledoitWolfShrinkage(centred, covariance, size, count);
  const variance = trace(covariance, size) / size;
  if (!(variance > 0) || !Number.isFinite(variance)) {
    throw new RangeError(`features: expected finite vectors that differ, got a variance of ${variance}`);
  }
  const shrunk = covariance.map(
    (value, at) => (1 - shrinkage) * value + (at % (size + 1) === 0 ? shrinkage * variance : 0),
  );
  return { size, mean, factor: choleskyFactor(shrunk, size), shrinkage };
}

/**
 * Mahalanobis distances of feature vectors from a Gaussian's mean.
 * @param features [N,P]
 * @returns [N], 0 and up
 */
export function mahalanobisDistances(
  { size, mean, factor }: GaussianDensity,
  features: Float32Array,
): Float32Array {
  const solved = new Float64Array(size);
  return Float32Array.from({ length: features.length / size }, (_, vector) => {
    let sum = 0;
    // L·y = x − μ by forward substitution; the distance is the length of y.
    for (let row = 0; row < size; row += 1) {
      let rest = features[vector * size + row]! - mean[row]!;
      for (let column = 0; column < row; column += 1) rest -= factor[row * size + column]! * solved[column]!;
      const value = rest / factor[row * size + row]!;
      solved[row] = value;
      sum += value * value;
    }
    return Math.sqrt(sum);
  });
}

function meanOf(features: Float32Array, size: number, count: number): Float64Array {
  const mean = new Float64Array(size);
  for (let at = 0; at < features.length; at += 1) mean[at % size]! += features[at]!;
  return mean.map((sum) => sum / count);
}

/** Of centred vectors, divided by their number. */
function covarianceOf(centred: Float64Array, size: number, count: number): Float64Array {
  const covariance = new Float64Array(size * size);
  for (let vector = 0; vector < count; vector += 1) {
    const own = centred.subarray(vector * size, (vector + 1) * size);
    for (let row = 0; row < size; row += 1) {
      const value = own[row]!;
      const place = row * size;
      for (let column = 0; column <= row; column += 1) covariance[place + column]! += value * own[column]!;
    }
  }
  for (let row = 0; row < size; row += 1) {
    for (let column = 0; column <= row; column += 1) {
      const value = covariance[row * size + column]! / count;
      covariance[row * size + column] = value;
      covariance[column * size + row] = value;
    }
  }
  return covariance;
}

function ledoitWolfShrinkage(
  centred: Float64Array,
  covariance: Float64Array,
  size: number,
  count: number,
): number {
  const variance = trace(covariance, size) / size;
  // Σ over vectors of ‖x·xᵀ‖², and ‖S‖², by Frobenius' norm.
  let fourth = 0;
  for (let vector = 0; vector < count; vector += 1) {
    let square = 0;
    for (let at = vector * size; at < (vector + 1) * size; at += 1) square += centred[at]! ** 2;
    fourth += square ** 2;
  }
  const norm = covariance.reduce((sum, value) => sum + value * value, 0);
  const spread = (fourth / count - norm) / (size * count);
  const distance = (norm - size * variance * variance) / size;
  return spread <= 0 || distance <= 0 ? 0 : Math.min(spread, distance) / distance;
}

function trace(matrix: Float64Array, size: number): number {
  let sum = 0;
  for (let at = 0; at < matrix.length; at += size + 1) sum += matrix[at]!;
  return sum;
}

/** @throws RangeError where the matrix is not positive definite */
function choleskyFactor(matrix: Float64Array, size: number): Float64Array {
  const factor = new Float64Array(size * size);
  for (let row = 0; row < size; row += 1) {
    for (let column = 0; column <= row; column += 1) {
      let rest = matrix[row * size + column]!;
      for (let k = 0; k < column; k += 1) rest -= factor[row * size + k]! * factor[column * size + k]!;
      if (row !== column) factor[row * size + column] = rest / factor[column * size + column]!;
      else if (rest > 0) factor[row * size + row] = Math.sqrt(rest);
      else
        throw new RangeError(`covariance: expected a positive definite matrix, row ${row} depends on others`);
    }
  }
  return factor;
}
