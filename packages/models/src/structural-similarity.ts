import { type Tensor, tf } from '@ddad/compute';
import { type SimilarityWindow, windowMatrixOf, windowsOf } from './similarity-window.ts';

/** What structural similarity is measured with. */
export interface SimilaritySettings extends SimilarityWindow {
  /** Range of the images' values. */
  range: number;
}

/** Constants of Wang et al. 2004, as shares of the range. */
const stabilisers = { luminance: 0.01, contrast: 0.03 };
/** Means under the window around each pixel. [M,S,S] to [M,W,W], rows and columns exchanged, by two matrix products. */
function windowMeans(maps: Tensor, matrix: Tensor): Tensor {
  const [count = 0, side = 0] = maps.shape;
  const windows = matrix.shape[1] ?? 0;
  const columns = tf.matMul(tf.reshape(maps, [count * side, side]), matrix);
  const turned = tf.transpose(tf.reshape(columns, [count, side, windows]), [0, 2, 1]);
  const both = tf.matMul(tf.reshape(turned, [count * windows, side]), matrix);
  return tf.reshape(both, [count, windows, windows]);
}

/**
 * Structural similarity (Wang et al. 2004) of images and what stands for them, and the part of it that compares contrast and structure
 * alone, around each pixel and for each channel. To be used inside of a step; differentiable in y.
 * @param x square images [N,S,S,C], or [N,S,S,1], with which each channel of y is compared
 * @param y [N,S,S,C]
 * @returns both [N,W,W,C], at most 1; W is S with zeros around, S − window + 1 without
 * @throws RangeError where the window is larger than images without padding
 */
export function structuralSimilarity(
  x: Tensor,
  y: Tensor,
  settings: SimilaritySettings,
): { similarity: Tensor; contrast: Tensor } {
  const [count = 0, side = 0, , channels = 1] = y.shape;
  const windows = windowsOf(side, settings);
  const matrix = tf.tensor(windowMatrixOf(side, settings), [side, windows]);
  const c1 = (stabilisers.luminance * settings.range) ** 2;
  const c2 = (stabilisers.contrast * settings.range) ** 2;
  const own = x.shape[3] ?? 1;
  // [N,1,S,S] or [N,C,S,S], and [N,C,S,S].
  const [one, all] = [x, y].map((maps) => tf.transpose(maps, [0, 3, 1, 2])) as [Tensor, Tensor];
  const means = (maps: Tensor, of: number) =>
    tf.reshape(windowMeans(tf.reshape(maps, [count * of, side, side]), matrix), [
      count,
      of,
      windows,
      windows,
    ]);
  const [meanX, meanY] = [means(one, own), means(all, channels)];
  const [squareX, squareY, product] = [tf.square(meanX), tf.square(meanY), tf.mul(meanX, meanY)];
  const varianceX = tf.sub(means(tf.square(one), own), squareX);
  const varianceY = tf.sub(means(tf.square(all), channels), squareY);
  const covariance = tf.sub(means(tf.mul(one, all), channels), product);
  const contrast = tf.div(tf.add(tf.mul(covariance, 2), c2), tf.add(tf.add(varianceX, varianceY), c2));
  const luminance = tf.div(tf.add(tf.mul(product, 2), c1), tf.add(tf.add(squareX, squareY), c1));
  // Back to rows before columns, channels last.
  const outward = (maps: Tensor) => tf.transpose(maps, [0, 3, 2, 1]);
  return { similarity: outward(tf.mul(luminance, contrast)), contrast: outward(contrast) };
}

/**
 * Multi-scale structural similarity (Wang et al. 2003), of square images whose side can be halved between the scales: contrast of all scales but
 * the coarsest, whose similarity it is, each to the power of its weight, negative ones counted as 0 (1e-12, which has logarithm and slope).
 * @param x [N,S,S,C], or [N,S,S,1]
 * @param y [N,S,S,C]
 * @param weights of the scales
 * @returns `similarity` [N,C], and `maps` of each scale, [N,W,W,C]
 */
export function multiScaleSimilarity(
  x: Tensor,
  y: Tensor,
  settings: SimilaritySettings,
  weights: readonly number[],
): { similarity: Tensor; maps: Tensor[] } {
  let [a, b] = [x, y];
  const maps: Tensor[] = [];
  const logarithms = weights.map((weight, scale) => {
    const found = structuralSimilarity(a, b, settings);
    maps.push(found.similarity);
    const last = scale === weights.length - 1;
    if (!last) [a, b] = [halved(a), halved(b)];
    const mean = tf.mean(last ? found.similarity : found.contrast, [1, 2]);
    return tf.mul(tf.log(tf.maximum(mean, smallest)), weight);
  });
  return { similarity: tf.exp(tf.addN(logarithms)), maps };
}

const smallest = 1e-12;

/** Means of 2×2 pixels. */
function halved(maps: Tensor): Tensor {
  const [count = 0, side = 0, , channels = 1] = maps.shape;
  if (side % 2 !== 0)
    throw new RangeError(`scales: expected images whose side can be halved, got ${side} pixels`);
  return tf.mean(tf.reshape(maps, [count, side / 2, 2, side / 2, 2, channels]), [2, 4]);
}
