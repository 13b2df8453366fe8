import { sigmoid, type TensorData, tf } from '@ddad/compute';
import type { ChildResult, MakeTask } from '@ddad/jobs';
import type { ChildContext } from '@ddad/jobs/child';
import { fromPyTorch, inferencePass, residualEncoderDecoder } from '@ddad/models';
import { inputTensors } from '../input-tensors.ts';
import { mapImages } from '../maps/map-images.ts';
import type { MapMaker } from '../maps/map-maker.ts';
import { stepMapMaker } from '../maps/step-map-maker.ts';
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
    const weights = await inputTensors(task, 'network');
    return networkMapMaker(
      fromPyTorch(residualEncoderDecoder().parameters, weights),
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
  return stepMapMaker({
    weights,
    side,
    batchSize,
    compute(tensors, images) {
      // From [-1,1] to the [0,1] that it was trained on.
      const grey = tf.div(tf.add(images, 1), 2);
      const predicted = sigmoid(network.apply(grey, inferencePass(tensors)));
      return { 'map.predicted': predicted, predicted: tf.mean(predicted, [1, 2, 3]) };
    },
    mode,
  });
}
