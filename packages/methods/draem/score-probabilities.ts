import { tf } from '@ddad/compute';
import type { ChildResult, MakeTask } from '@ddad/jobs';
import type { ChildContext } from '@ddad/jobs/child';
import { fromPyTorch, inferencePass } from '@ddad/models';
import { inputTensors } from '../input-tensors.ts';
import { mapImages } from '../maps/map-images.ts';
import { stepMapMaker } from '../maps/step-map-maker.ts';
import type { ProbabilitiesSpec } from './kinds.ts';
import { draemNetworks } from './networks.ts';

/** Images of one run of the step. */
const batchSize = 16;

/**
 * Probabilities of an anomaly: files `scores` (`probability`: [T], the mean of the map) and `maps` (`probability`: [T,H,W]).
 * @throws ChildFault `invalid` where the images are not those that the specification names
 */
export function scoreProbabilities(
  task: MakeTask<ProbabilitiesSpec>,
  context: ChildContext,
): Promise<ChildResult | null> {
  return mapImages(task, context, ['probability'], async () => {
    const { width, imageSize: side } = task.spec;
    const networks = draemNetworks(width);
    return stepMapMaker({
      weights: fromPyTorch(networks.parameters, await inputTensors(task, 'networks')),
      side,
      batchSize,
      compute(weights, images) {
        const grey = tf.div(tf.add(images, 1), 2);
        const { probabilities } = networks.apply(grey, inferencePass(weights));
        const map = tf.slice(probabilities, [0, 0, 0, 1], [batchSize, side, side, 1]);
        return { 'map.probability': map, probability: tf.mean(map, [1, 2, 3]) };
      },
    });
  });
}
