import { type TensorData, tf } from '@ddad/compute';
import type { ChildResult, MakeTask } from '@ddad/jobs';
import type { ChildContext } from '@ddad/jobs/child';
import { fromPyTorch, inferencePass } from '@ddad/models';
import { inputTensors } from '../input-tensors.ts';
import { mapImages } from '../maps/map-images.ts';
import type { MapMaker } from '../maps/map-maker.ts';
import { stepMapMaker } from '../maps/step-map-maker.ts';
import type { ScoresSpec } from './kinds.ts';
import { differences } from './losses.ts';
import { critic, encoder, generator } from './networks.ts';
import { ganParameters } from './train-gan.ts';

const batchSize = 32;

/**
 * Scores and residuals of images; all networks are in inference mode.
 * @param weights of generator, critic and encoder
 */
export function residualMaker(
  { width, imageSize }: Pick<ScoresSpec, 'width' | 'imageSize'>,
  weights: ReadonlyMap<string, TensorData>,
): MapMaker {
  const [network, maker, judge] = [encoder(width), generator(width), critic(width)];
  // The critic's value itself has no part in it.
  const own = new Map([...weights].filter(([name]) => !name.startsWith('critic.output.')));
  return stepMapMaker({
    weights: own,
    side: imageSize,
    batchSize,
    compute(tensors, images) {
      const pass = inferencePass(tensors);
      const made = maker.apply(network.apply(images, pass), pass);
      const residual = tf.abs(tf.sub(images, made));
      return {
        'map.residual': residual,
        residual: tf.mean(residual, [1, 2, 3]),
        izif: differences(judge, pass, images, made).both,
      };
    },
  });
}

/**
 * Scores images: files `scores` (`izif`, `residual`: [T]) and `maps` (`residual`: [T,H,W]).
 * @throws ChildFault `invalid` where the images are not those that the specification names
 */
export function scoreImages(task: MakeTask<ScoresSpec>, context: ChildContext): Promise<ChildResult | null> {
  const { width } = task.spec;
  return mapImages(task, context, ['residual'], async () => {
    return residualMaker(
      task.spec,
      new Map([
        ...fromPyTorch(ganParameters(width), await inputTensors(task, 'gan')),
        ...fromPyTorch(encoder(width).parameters, await inputTensors(task, 'encoder')),
      ]),
    );
  });
}
