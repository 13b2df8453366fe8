import { readFile } from 'node:fs/promises';
import { inferenceStep, type TensorData, tf } from '@ddad/compute';
import type { ChildResult, MakeTask } from '@ddad/jobs';
import type { ChildContext } from '@ddad/jobs/child';
import { inputFile } from '@ddad/jobs/task';
import { fromPyTorch, inferencePass } from '@ddad/models';
import { decodeSafetensors } from '@ddad/storage/safetensors';
import { mapImages } from '../maps/map-images.ts';
import type { MapMaker } from '../maps/map-maker.ts';
import type { ScoresSpec } from './kinds.ts';
import { generator } from './networks.ts';

const batchSize = 32;

/**
 * Latent errors and residuals of images, each for itself: the source scores batches of one image by the batch's statistics, which
 * are the image's own.
 */
export function residualMaker(weights: ReadonlyMap<string, TensorData>, side: number): MapMaker {
  const network = generator(side);
  const step = inferenceStep({
    // Running statistics have no part in it.
    weights: new Map([...weights].filter(([name]) => !name.includes('.running_'))),
    inputs: { images: [batchSize, side, side, 1] },
    compute(tensors, inputs) {
      const images = inputs.images!;
      const { code, image, second } = network.reconstruct(images, inferencePass(tensors));
      const residual = tf.abs(tf.sub(images, image));
      return {
        'map.residual': residual,
        residual: tf.mean(residual, [1, 2, 3]),
        latentError: tf.mean(tf.squaredDifference(code, second), 1),
      };
    },
    mode: 'graph',
  });
  return {
    batchSize,
    async make(batch, goesOn) {
      const found = step.run({ images: batch });
      return (await goesOn()) ? found : null;
    },
    dispose: () => step.dispose(),
  };
}

/**
 * Scores images: files `scores` (`latentError`, `residual`: [T]) and `maps` (`residual`: [T,H,W]).
 * @throws ChildFault `invalid` where the images are not those that the specification names
 */
export function scoreImages(task: MakeTask<ScoresSpec>, context: ChildContext): Promise<ChildResult | null> {
  const { imageSize } = task.spec;
  return mapImages(task, context, ['residual'], async () => {
    const { tensors } = decodeSafetensors(await readFile(inputFile(task, 'generator', 'weights')));
    return residualMaker(fromPyTorch(generator(imageSize).parameters, tensors), imageSize);
  });
}
