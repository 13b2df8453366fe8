import { readFile } from 'node:fs/promises';
import { inferenceStep, sigmoid, type TensorData, tf } from '@ddad/compute';
import type { ChildResult, MakeTask } from '@ddad/jobs';
import type { ChildContext } from '@ddad/jobs/child';
import { inputFile } from '@ddad/jobs/task';
import { fromPyTorch, inferencePass, residualEncoderDecoder } from '@ddad/models';
import { decodeSafetensors } from '@ddad/storage/safetensors';
import { mapImages } from '../maps/map-images.ts';
import type { MapMaker } from '../maps/map-maker.ts';
import type { MapsSpec } from './kinds.ts';

/** Images of one run of the step. */
const batchSize = 32;

/**
 * Maps of images: what the network finds at each pixel, in 0..1, and its mean: files `scores` (`predicted`: [T]) and `maps` (`predicted`:
 * [T,H,W]).
 * @throws ChildFault `invalid` where the images are not those that the specification names
 */
export function makeMaps(task: MakeTask<MapsSpec>, context: ChildContext): Promise<ChildResult | null> {
  return mapImages(task, context, ['predicted'], async () => {
    const { tensors } = decodeSafetensors(await readFile(inputFile(task, 'network', 'weights')));
    return networkMapMaker(
      fromPyTorch(residualEncoderDecoder().parameters, tensors),
      task.spec.imageSize,
      'graph',
    );
  });
}

/** @param weights in TensorFlow's layouts */
export function networkMapMaker(
  weights: ReadonlyMap<string, TensorData>,
  side: number,
  mode: 'graph' | 'eager',
): MapMaker {
  const network = residualEncoderDecoder();
  const step = inferenceStep({
    weights,
    inputs: { images: [batchSize, side, side, 1] },
    compute(tensors, { images }) {
      // From [-1,1] to the [0,1] that it was trained on.
      const grey = tf.div(tf.add(images!, 1), 2);
      const predicted = sigmoid(network.apply(grey, inferencePass(tensors)));
      return { 'map.predicted': predicted, predicted: tf.mean(predicted, [1, 2, 3]) };
    },
    mode,
  });
  return {
    batchSize,
    make: async (images) => step.run({ images }),
    dispose: () => step.dispose(),
  };
}
