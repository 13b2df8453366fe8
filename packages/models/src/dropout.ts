import { dropoutMask, type Tensor, tf } from '@ddad/compute';

/**
 * Dropout of hidden units, at the sites where a network has it: behind the ReLU of the two wide linear layers beside the latent
 * code (2048 units each, site 0 in the encoder, site 1 in the decoder), in every backbone. Neither rate nor place is in the
 * paper (Table 6). There, because these layers hold 95 % of the weights, because a dropped pixel of a feature map is restored
 * from its neighbours, and because every pass has the encoder's convolutions in common, which are computed once.
 * @param units [N,C]
 * @returns the units that stay, scaled by 1/(1 − rate) so that their mean stays: [N,C], or of P passes [P·N,C]
 */
export type Drop = (units: Tensor, site: number) => Tensor;

/**
 * Dropout in training: every image of the batch has masks of its own.
 * @param seed [2], an input of the step (compute's `maskSeed`)
 */
export function dropInTraining(seed: Tensor, rate: number): Drop {
  return (units, site) => tf.tidy(() => tf.mul(units, dropoutMask(seed, site, units.shape, rate)));
}

/** Passes with different masks through one network. */
export interface Passes {
  /** How many at once, P. */
  passes: number;
  /** Images that go through every pass, N. */
  images: number;
  rate: number;
  /** Set apart networks that go through their passes under one seed: 0, 1, ... */
  network: number;
}

/** Sites that a network has. */
const sitesOfNetwork = 2;

/**
 * MC Dropout: the first site turns [N,C] into [P·N,C], pass after pass. A pass is one thinned network: its mask is the same for
 * all images, so that what it makes of an image does not depend on the others.
 * @param seed [2], an input of the step (compute's `maskSeed`)
 */
export function dropInPasses(seed: Tensor, { passes, images, rate, network }: Passes): Drop {
  return (units, site) =>
    tf.tidy(() => {
      const width = units.shape[1] as number;
      const mask = dropoutMask(seed, network * sitesOfNetwork + site, [passes, 1, width], rate);
      // One for all passes before the first site, one a pass behind it.
      const perPass = tf.reshape(units, [-1, images, width]);
      return tf.reshape(tf.mul(perPass, mask), [passes * images, width]);
    });
}
