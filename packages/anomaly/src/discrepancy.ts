// Types only, and operations as methods of the tensors: importing this package must not load TensorFlow, since servers
// that only need the metrics import it too.
import type { Tensor } from '@ddad/compute';

// All of these take and give tensors of one shape, [N, H, W, 1] in practice, and may be recorded into a compiled step.
// Run eagerly they leave intermediate tensors to the caller's tidy. They are not meant to be differentiated: members are
// frozen, and the square root has no gradient at 0.

/** μ̂: the mean of the K members' reconstructions. */
export function meanReconstruction(reconstructions: readonly Tensor[]): Tensor {
  const [first, ...others] = checked(reconstructions, 1, 'reconstructions');
  return others.reduce((sum, next) => sum.add(next), first).div(reconstructions.length);
}

/**
 * A_intra (eq. 3): √(1/K · Σ (μ̂_A − x̂_Ai)²) over the K members of the NDM. Divides by K as the paper does, where the
 * authors' code divides by K − 1.
 * @param reconstructions of the NDM's members, at least two
 */
export function intraDiscrepancy(reconstructions: readonly Tensor[]): Tensor {
  const members = checked(reconstructions, 2, 'reconstructions');
  const mean = meanReconstruction(members);
  const [first, ...others] = members.map((member) => mean.sub(member).square());
  return others
    .reduce((sum, next) => sum.add(next), first!)
    .div(members.length)
    .sqrt();
}

/**
 * A_inter (eq. 4): |μ̂_A − μ̂_B|.
 * @param meanA mean reconstruction of the NDM
 * @param meanB mean reconstruction of the UDM
 */
export function interDiscrepancy(meanA: Tensor, meanB: Tensor): Tensor {
  checked([meanA, meanB], 2, 'mean reconstructions');
  return meanA.sub(meanB).abs();
}

/**
 * A_rec (section 3.3): (x − x̂)². With one member's reconstruction this is score `rec`, with the NDM's mean `recEnsemble`.
 */
export function reconstructionError(images: Tensor, reconstruction: Tensor): Tensor {
  checked([images, reconstruction], 2, 'images and reconstruction');
  return images.sub(reconstruction).square();
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
