import { slopesBeside, type Tensor, tf } from '@ddad/compute';
import type { Reconstruction } from '@ddad/models';

/** What a member has of images in both spaces, each [N,H,W,1]. */
export interface ErrorBySlope {
  /** |x̂ − x| ⊙ ∂loss/∂x. */
  product: Tensor;
  /** σ², which the member expects of its error; null where it estimates none. */
  variance: Tensor | null;
}

/**
 * A member's error in image space times its slope in gradient space (D2UE, MICCAI 2024): e ⊙ g, e = |x̂ − x|. Per image, g is
 * the slope in x of the mean of e over the pixels, through the member; of a member that estimates σ² (AE-U), of the mean of
 * (x − x̂)²/σ². To be called inside of a step.
 * @param reconstruct the member in inference mode, differentiable in its images
 * @param images x, [N,H,W,1]
 */
export function errorBySlope(reconstruct: (images: Tensor) => Reconstruction, images: Tensor): ErrorBySlope {
  const [, height, width] = images.shape;
  let estimates = false;
  const { slopes, beside } = slopesBeside((x) => {
    const { image, variance } = reconstruct(x);
    const difference = tf.sub(image, x);
    // Not tf.abs: its slope at 0 is −1, and 0 here, as in PyTorch. That of the sign is 0 everywhere.
    const error = tf.mul(difference, tf.sign(difference));
    estimates = variance !== null;
    const loss = variance === null ? error : tf.div(tf.square(difference), variance);
    // An image's loss depends on no other image, so that the sum over images has the slopes of each.
    const total = tf.div(tf.sum(loss), height! * width!) as Tensor;
    return { total, beside: { error, variance: variance ?? error } };
  }, images);
  return { product: tf.mul(beside.error, slopes), variance: estimates ? beside.variance : null };
}
