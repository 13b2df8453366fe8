import { type Tensor, tf } from '@ddad/compute';
import type { Reconstruction } from './networks.ts';

const mse = (a: Tensor, b: Tensor) => tf.mean(tf.squaredDifference(a, b));

/** Weights of the generator's terms. */
const weights = { adversarial: 1, reconstruction: 50, encoding: 1 } as const;

/**
 * The generator's loss: ‖f(x) − f(x̂)‖² + 50·‖x − x̂‖² + ‖z − ẑ‖², means each, f being the discriminator's features.
 * @returns the loss and its terms, scalars
 */
export function generatorLoss(
  images: Tensor,
  { code, image, second }: Reconstruction,
  features: { real: Tensor; reconstructed: Tensor },
): { loss: Tensor; terms: Record<keyof typeof weights, Tensor> } {
  const terms = {
    adversarial: mse(features.real, features.reconstructed),
    reconstruction: mse(images, image),
    encoding: mse(code, second),
  };
  const loss = tf.add(
    tf.add(
      tf.mul(terms.adversarial, weights.adversarial),
      tf.mul(terms.reconstruction, weights.reconstruction),
    ),
    tf.mul(terms.encoding, weights.encoding),
  );
  return { loss, terms };
}

/**
 * The discriminator's loss: half of the binary cross-entropies of real images as real and of reconstructions as made up. From logits,
 * so that no logarithm meets a 0.
 * @param real [N,1], @param reconstructed [N,1]
 */
export function discriminatorLoss(real: Tensor, reconstructed: Tensor): Tensor {
  return tf.mul(tf.add(tf.mean(tf.softplus(tf.neg(real))), tf.mean(tf.softplus(reconstructed))), 0.5);
}
