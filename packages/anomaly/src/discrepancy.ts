// Types only, and operations as methods of the tensors: importing this package must not load TensorFlow, since servers
// that only need the metrics import it too.
import type { Tensor } from '@ddad/compute';

// All of these take and give tensors of one shape, [N, H, W, 1] in practice, and may be recorded into a compiled step.
// Run eagerly they leave intermediate tensors to the caller's tidy. They are not meant to be differentiated: members are
// frozen, and the square root has no gradient at 0.

/** μ̂: the mean of the K members' reconstructions. */
export function meanReconstruction(reconstructions: readonly Tensor[]): Tensor {
  return mean(checked(reconstructions, 1, 'reconstructions'));
}

/** σ², of which eqs. 6 and 7 take the root: the mean of the variances σ² that the members of ensemble A expect (eq. 5). */
export function meanVariance(variances: readonly Tensor[]): Tensor {
  return mean(checked(variances, 1, 'variances'));
}

/**
 * A_intra (eq. 3): √(1/K · Σ (μ̂_A − x̂_Ai)²) over the K members of ensemble A. Divides by K as the paper does, where the
 * authors' code divides by K − 1.
 * @param reconstructions of the members, at least two
 * @param variance σ²; where it is given, the result is divided by σ (eq. 6)
 */
export function intraDiscrepancy(reconstructions: readonly Tensor[], variance: Tensor | null = null): Tensor {
  const members = checked(reconstructions, 2, 'reconstructions');
  const center = mean(members);
  const [first, ...others] = members.map((member) => center.sub(member).square());
  const squares = others.reduce((sum, next) => sum.add(next), first!);
  return spread(squares, members.length, variance);
}

/**
 * Eq. 3, and with σ² eq. 6, of whatever reconstructs: √(squares / count), by σ.
 * @param squares Σ (μ̂ − x̂)²
 * @param count of the reconstructions, a scalar
 */
export function spread(squares: Tensor, count: number | Tensor, variance: Tensor | null): Tensor {
  const deviation = squares.div(count).sqrt();
  return variance === null ? deviation : refined(deviation, variance.sqrt());
}

/**
 * A_inter (eq. 4): |μ̂_A − μ̂_B|.
 * @param meanA mean reconstruction of ensemble A, which is trained on normal images
 * @param meanB mean reconstruction of ensemble B, which is trained on unlabeled images, too
 * @param variance σ² of ensemble A; where it is given, the result is divided by σ (eq. 7)
 */
export function interDiscrepancy(meanA: Tensor, meanB: Tensor, variance: Tensor | null = null): Tensor {
  checked([meanA, meanB], 2, 'mean reconstructions');
  const distance = meanA.sub(meanB).abs();
  return variance === null ? distance : refined(distance, variance.sqrt());
}

/**
 * A_rec (section 3.3): (x − x̂)².
 * @param reconstruction x̂: one member's, or the mean of an ensemble
 * @param variance σ² of the member, or of the ensemble; where it is given, the result is divided by it, as AE-U refines it
 */
export function reconstructionError(
  images: Tensor,
  reconstruction: Tensor,
  variance: Tensor | null = null,
): Tensor {
  checked([images, reconstruction], 2, 'images and reconstruction');
  const error = images.sub(reconstruction).square();
  return variance === null ? error : refined(error, variance);
}

function mean([first, ...others]: [Tensor, ...Tensor[]]): Tensor {
  return others.reduce((sum, next) => sum.add(next), first).div(others.length + 1);
}

/** A score by the uncertainty about it. */
function refined(score: Tensor, uncertainty: Tensor): Tensor {
  checked([score, uncertainty], 2, 'score and variance');
  return score.div(uncertainty);
}

/** Without this, tensors of different shapes would broadcast in silence. */
function checked(tensors: readonly Tensor[], atLeast: number, what: string): [Tensor, ...Tensor[]] {
  const [first, ...others] = tensors;
  if (first === undefined || tensors.length < atLeast) {
    throw new RangeError(`expected at least ${atLeast} ${what}, got ${tensors.length}`);
  }
  const shape = first.shape.join(', ');
  const odd = others.find((tensor) => tensor.shape.join(', ') !== shape);
  if (odd !== undefined) {
    throw new RangeError(`expected ${what} of one shape, got [${shape}] and [${odd.shape.join(', ')}]`);
  }
  return [first, ...others];
}
