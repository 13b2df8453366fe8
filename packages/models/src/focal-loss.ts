import { type Tensor, tf } from '@ddad/compute';

const smoothing = 1e-5;

/**
 * Focal loss (eq. 12) with γ = 2 and no class weights: mean over the pixels of −(1 − pₜ)²·log(pₜ).
 *
 * As in the implementation that the paper's authors use, the one-hot label is smoothed by clamping it to
 * [1e-5, 1 − 1e-5], and pₜ = Σ label·probability + 1e-5. A pixel of label 1 with probability 0.9 gives
 * (1 − 0.900002)²·−log(0.900002) ≈ 0.0010536.
 * @param probabilities [N,H,W,2], sum 1 over the last axis: normal, anomalous
 * @param labels [N,H,W,1], 1 where anomalous, else 0
 */
export function focalLoss(probabilities: Tensor, labels: Tensor): Tensor {
  return tf.tidy(() => {
    const anomalous = tf.clipByValue(labels, smoothing, 1 - smoothing);
    const oneHot = tf.concat([tf.sub(1, anomalous), anomalous], 3);
    const pt = tf.add(tf.sum(tf.mul(oneHot, probabilities), 3), smoothing);
    return tf.neg(tf.mean(tf.mul(tf.square(tf.sub(1, pt)), tf.log(pt))));
  });
}
