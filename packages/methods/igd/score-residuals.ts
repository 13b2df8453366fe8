import { type Tensor, tf } from '@ddad/compute';
import type { ChildResult, MakeTask } from '@ddad/jobs';
import type { ChildContext } from '@ddad/jobs/child';
import { fromPyTorch, inferencePass, scaleWeights } from '@ddad/models';
import { imageNetImages } from '../imagenet-images.ts';
import { inputTensors } from '../input-tensors.ts';
import { mapImages } from '../maps/map-images.ts';
import { stepMapMaker } from '../maps/step-map-maker.ts';
import type { ResidualsSpec } from './kinds.ts';
import { structuralShare } from './loss-shares.ts';
import { dissimilarity, gaussianDistance } from './losses.ts';
import { encode, type IgdNetworks, igdNetworks } from './networks.ts';
import { scalesOf, stretchMatrix, valueRange } from './shape.ts';
import { igdParameters } from './train-networks.ts';

/** Images of one run of the step. */
const batchSize = 16;

/** Maps [N,W,W,C] at the images' size, [N,S,S,C]. */
function stretched(map: Tensor, side: number): Tensor {
  const [count = 0, small = 0, , channels = 1] = map.shape;
  const matrix = tf.tensor(stretchMatrix(small, side), [side, small]);
  const along = (first: Tensor, second: number) =>
    tf.reshape(tf.matMul(matrix, tf.reshape(first, [small, -1])), [side, count, second, channels]);
  const rows = along(tf.transpose(map, [1, 0, 2, 3]), small);
  const both = along(tf.transpose(rows, [2, 1, 0, 3]), side);
  return tf.transpose(both, [1, 2, 0, 3]);
}

/**
 * Where image and reconstruction differ: of each pixel 0.85 of what is lacking to similarity, over the scales by their weights, and 0.15 of
 * the absolute difference by the range, not below 0; the mean over the channels. Maps of coarser scales are stretched to the image's size.
 * @param x normalised images [N,S,S,3]
 * @param maps similarities of each scale, [N,W,W,3]
 * @returns [N,S,S,1]
 */
export function residualMap(x: Tensor, reconstruction: Tensor, maps: readonly Tensor[]): Tensor {
  const side = x.shape[1] ?? 0;
  const weights = scaleWeights[scalesOf(side).scales];
  const structural = maps.map((map, scale) => {
    const whole = stretched(tf.relu(map), side);
    return tf.mul(tf.sub(1, whole), weights[scale]!);
  });
  const absolute = tf.div(tf.abs(tf.sub(x, reconstruction)), valueRange);
  const both = tf.add(tf.mul(tf.addN(structural), structuralShare), tf.mul(absolute, 1 - structuralShare));
  return tf.mean(tf.relu(both), 3, true);
}

/**
 * Scores of images.
 * @param images grey values in [-1,1], [N,S,S,1]
 * @param tensors weights, `centre` and `sigma` by name
 * @returns `igd` and `residual`, [N], and `map.residual`, [N,S,S,1]
 */
export function residualScores(
  networks: IgdNetworks,
  tensors: Record<string, Tensor>,
  images: Tensor,
): Record<string, Tensor> {
  const pass = inferencePass(tensors);
  const x = imageNetImages(images);
  const codes = encode(networks, x, pass);
  const reconstruction = networks.decoder.apply(codes, pass);
  const { each, maps } = dissimilarity(x, reconstruction);
  const distance = gaussianDistance(codes, tensors.centre!, tensors.sigma!);
  const map = residualMap(x, reconstruction, maps);
  return {
    'map.residual': map,
    residual: tf.mean(map, [1, 2, 3]),
    igd: tf.mul(tf.add(each, distance), 0.5),
  };
}

/**
 * IGD's scores: files `scores` (`igd`: [T], the source's of an image; `residual`: [T], the mean of the map) and `maps` (`residual`: [T,H,W]).
 * @throws ChildFault `invalid` where the images are not those that the specification names
 */
export function scoreResiduals(
  task: MakeTask<ResidualsSpec>,
  context: ChildContext,
): Promise<ChildResult | null> {
  return mapImages(task, context, ['residual'], async () => {
    const { width, imageSize: side } = task.spec;
    const networks = igdNetworks(side, width);
    const weights = fromPyTorch(igdParameters(side, width), await inputTensors(task, 'networks'));
    const descriptor = await inputTensors(task, 'networks', 'descriptor');
    return stepMapMaker({
      weights: new Map([...weights, ...descriptor]),
      side,
      batchSize,
      compute: (tensors, images) => residualScores(networks, tensors, images),
    });
  });
}
