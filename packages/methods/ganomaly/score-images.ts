import { type TensorData, tf } from '@ddad/compute';
import type { ChildResult, MakeTask } from '@ddad/jobs';
import type { ChildContext } from '@ddad/jobs/child';
import { fromPyTorch, inferencePass } from '@ddad/models';
import { inputTensors } from '../input-tensors.ts';
import { mapImages } from '../maps/map-images.ts';
import type { MapMaker } from '../maps/map-maker.ts';
import { stepMapMaker } from '../maps/step-map-maker.ts';
import type { ScoresSpec } from './kinds.ts';
import { generator } from './networks.ts';

const batchSize = 32;

/**
 * Latent errors and residuals of images, each for itself: the source scores batches of one image by the batch's statistics, which
 * are the image's own.
 */
export function residualMaker(weights: ReadonlyMap<string, TensorData>, side: number): MapMaker {
  const network = generator(side);
  return stepMapMaker({
    // Running statistics have no part in it.
    weights: new Map([...weights].filter(([name]) => !name.includes('.running_'))),
    side,
    batchSize,
    compute(tensors, images) {
      const { code, image, second } = network.reconstruct(images, inferencePass(tensors));
      const residual = tf.abs(tf.sub(images, image));
      return {
        'map.residual': residual,
        residual: tf.mean(residual, [1, 2, 3]),
        latentError: tf.mean(tf.squaredDifference(code, second), 1),
      };
    },
  });
}

/**
 * Scores images: files `scores` (`latentError`, `residual`: [T]) and `maps` (`residual`: [T,H,W]).
 * @throws ChildFault `invalid` where the images are not those that the specification names
 */
export function scoreImages(task: MakeTask<ScoresSpec>, context: ChildContext): Promise<ChildResult | null> {
  const { imageSize } = task.spec;
  return mapImages(task, context, ['residual'], async () => {
    const weights = await inputTensors(task, 'generator');
    return residualMaker(fromPyTorch(generator(imageSize).parameters, weights), imageSize);
  });
}
