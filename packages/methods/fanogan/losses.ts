import { gradientPenalty, type Tensor, tf } from '@ddad/compute';
import type { Pass } from '@ddad/models';
import type { Critic } from './networks.ts';

/** Weight of the gradient penalty. */
const lambda = 10;
/** Weight of the features in encoder's loss and score. */
const kappa = 1;

/**
 * The critic's loss (WGAN-GP): mean D(fake) − mean D(real) + 10·(‖∇D‖ − 1)² between the two.
 * @param real [N,64,64,1], @param fake like it
 * @param mix [N,1,1,1] in [0,1): where between real (0) and fake (1) the penalty is taken
 * @returns the loss; `distance`, mean D(real) − mean D(fake), an estimate of Wasserstein's; `penalty` and the mean `norm` of the slopes
 */
export function criticLoss(
  { judge }: Critic,
  pass: Pass,
  { real, fake, mix }: { real: Tensor; fake: Tensor; mix: Tensor },
): { loss: Tensor; distance: Tensor; penalty: Tensor; norm: Tensor } {
  const between = tf.add(real, tf.mul(mix, tf.sub(fake, real)));
  const { penalty, norm } = gradientPenalty((x) => judge(x, pass), between);
  // An image's value depends on no other's.
  const [ofReal, ofFake] = tf.split(judge(tf.concat([real, fake]), pass), 2);
  const distance = tf.sub(tf.mean(ofReal!), tf.mean(ofFake!));
  return { loss: tf.sub(tf.mul(penalty, lambda), distance), distance, penalty, norm };
}

/** Deviation over a batch of images [N,H,W,1], in the mean of the pixels. */
export function spreadOf(images: Tensor): Tensor {
  return tf.mean(tf.sqrt(tf.moments(images, 0).variance));
}

/** How unlike two batches of images are, each for itself: the squared difference of their pixels, and of the critic's features. */
export function differences(
  { features: featuresOf }: Critic,
  pass: Pass,
  images: Tensor,
  made: Tensor,
): { image: Tensor; features: Tensor; both: Tensor } {
  const [real, fake] = [featuresOf(images, pass), featuresOf(made, pass)];
  const image = tf.mean(tf.squaredDifference(images, made), [1, 2, 3]);
  const features = tf.mean(tf.squaredDifference(real, fake), [1, 2, 3]);
  return { image, features, both: tf.add(image, tf.mul(features, kappa)) };
}
