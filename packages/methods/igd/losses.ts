import { type Tensor, tf } from '@ddad/compute';
import { multiScaleSimilarity, type Pass, scaleWeights } from '@ddad/models';
import { structuralShare } from './loss-shares.ts';
import { encode, type IgdNetworks } from './networks.ts';
import { scalesOf, valueRange } from './shape.ts';

/** Weight of the critic in the generator's loss, and share of the image in what the critic has to call unmixed. */
const criticWeight = 0.1;
const imageShare = 0.2;

/**
 * How unlike images and reconstructions are: 0.85·(1 − MS-SSIM) + 0.15·|x − x̂| by the range.
 * @param x normalised images, [N,S,S,3]; so are the reconstructions
 * @returns [N], and the similarity maps of all scales, [N,W,W,3]
 */
export function dissimilarity(x: Tensor, reconstruction: Tensor): { each: Tensor; maps: Tensor[] } {
  const { scales, window } = scalesOf(x.shape[1] ?? 0);
  const { similarity, maps } = multiScaleSimilarity(
    x,
    reconstruction,
    { window, range: valueRange, padding: 'none' },
    scaleWeights[scales],
  );
  const structural = tf.sub(1, tf.mean(similarity, 1));
  const absolute = tf.div(tf.mean(tf.abs(tf.sub(x, reconstruction)), [1, 2, 3]), valueRange);
  const each = tf.add(tf.mul(structural, structuralShare), tf.mul(absolute, 1 - structuralShare));
  return { each, maps };
}

/** 1 − exp(−‖z − c‖²/σ). @param codes z, [N,128] @param centre c, [128] @param sigma σ, [1] @returns [N] */
export function gaussianDistance(codes: Tensor, centre: Tensor, sigma: Tensor): Tensor {
  const squares = tf.sum(tf.squaredDifference(codes, centre), 1);
  return tf.sub(1, tf.exp(tf.neg(tf.div(squares, sigma))));
}

/** z_α = α·z + (1 − α)·z', z' being the batch the other way round. @param alpha [N,1] */
export function mixedCodes(codes: Tensor, alpha: Tensor): Tensor {
  return tf.add(tf.mul(codes, alpha), tf.mul(tf.reverse(codes, 0), tf.sub(1, alpha)));
}

/** What both phases' losses are of. */
export interface LossInputs {
  networks: IgdNetworks;
  /** Normalised images [N,S,S,3]. */
  x: Tensor;
  /** [N,1], uniform in 0 to 0.5. */
  alpha: Tensor;
  /** Of encoder and projection. */
  encoding: Pass;
  /** Of decoder and critic: the decoder's batch normalisation keeps its first statistics, as in the source. */
  others: Pass;
}

/** The loss of encoder, projection and decoder, with its parts. */
export function generatorLoss(
  { networks, x, alpha, encoding, others }: LossInputs,
  { centre, sigma }: { centre: Tensor; sigma: Tensor },
): { loss: Tensor; reconstruction: Tensor; distance: Tensor; mixed: Tensor } {
  const codes = encode(networks, x, encoding);
  const reconstruction = tf.mean(dissimilarity(x, networks.decoder.apply(codes, others)).each);
  const distance = tf.mean(gaussianDistance(codes, centre, sigma));
  const between = networks.decoder.apply(mixedCodes(codes, alpha), others);
  const mixed = tf.mean(tf.square(networks.critic.apply(between, others)));
  const loss = tf.addN([reconstruction, distance, tf.mul(mixed, criticWeight)]);
  return { loss, reconstruction, distance, mixed };
}

/** The critic's loss: it is to tell α of what was mixed, and 0 of reconstructions with a fifth of their image in them. */
export function criticLoss({ networks, x, alpha, encoding, others }: LossInputs): {
  loss: Tensor;
  alpha: Tensor;
  unmixed: Tensor;
} {
  const codes = encode(networks, x, encoding);
  const between = networks.decoder.apply(mixedCodes(codes, alpha), others);
  const reconstruction = networks.decoder.apply(codes, others);
  const near = tf.add(reconstruction, tf.mul(tf.sub(x, reconstruction), imageShare));
  const front = tf.mean(tf.squaredDifference(networks.critic.apply(between, others), alpha));
  const unmixed = tf.mean(tf.square(networks.critic.apply(near, others)));
  return { loss: tf.add(front, unmixed), alpha: front, unmixed };
}
