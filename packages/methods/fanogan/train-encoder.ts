import { type PhasedStep, phase, phasedStep, rmsprop, type Shapes, tf, usualStepsACall } from '@ddad/compute';
import type { ChildResult, MakeTask } from '@ddad/jobs';
import type { ChildContext } from '@ddad/jobs/child';
import { readSpecifiedImages } from '@ddad/jobs/images';
import { runPhases } from '@ddad/jobs/training';
import {
  bufferNames,
  fromPyTorch,
  inferencePass,
  initialise,
  shapesOf,
  trainableNames,
  trainingPass,
} from '@ddad/models';
import { imageBatches } from '../image-batches.ts';
import { inputTensors } from '../input-tensors.ts';
import { stretchesOf } from '../stretches.ts';
import { trainedResult, writeWeights } from '../trained-result.ts';
import type { EncoderSpec } from './kinds.ts';
import { differences } from './losses.ts';
import { critic, encoder, generator } from './networks.ts';
import { ganParameters } from './train-gan.ts';

/** RMSProp's settings beside the learning rate: TensorFlow's, whose mean squares begin at 1, though, and so its steps smaller. */
const moving = { alpha: 0.9, epsilon: 1e-10 };

/** The training step of the encoder (izi_f): generator and critic are frozen, the generator in inference mode. */
export function encoderStep(
  {
    width,
    batchSize,
    imageSize,
    learningRate,
  }: Pick<EncoderSpec, 'width' | 'batchSize' | 'imageSize' | 'learningRate'>,
  { stepsACall, mode }: { stepsACall?: number; mode: 'graph' | 'eager' },
): PhasedStep<'encoder'> {
  const [network, maker, judge] = [encoder(width), generator(width), critic(width)];
  const { trainable, buffers } = shapesOf(network.parameters);
  const frozen = shapesOf(ganParameters(width));
  return phasedStep({
    weights: trainable,
    buffers,
    frozen: { ...frozen.trainable, ...frozen.buffers } satisfies Shapes,
    phases: {
      encoder: phase({
        trains: trainableNames(network.parameters),
        renews: bufferNames(network.parameters),
        inputs: { images: [batchSize, imageSize, imageSize, 1] },
        loss(weights, running, { images }, gan) {
          const pass = trainingPass(weights, running);
          const fixed = inferencePass(gan);
          const made = maker.apply(network.apply(images, pass), fixed);
          const { image, features, both } = differences(judge, fixed, images, made);
          return {
            loss: tf.mean(both),
            buffers: pass.renewed,
            watched: { image: tf.mean(image), features: tf.mean(features) },
          };
        },
        optimiser: rmsprop({ learningRate, ...moving }),
      }),
    },
    stepsACall,
    mode,
  });
}

/**
 * Trains the encoder that inverts a GAN, and writes its weights under PyTorch's layouts.
 * @throws ChildFault `invalid` where the images are not those that the specification names
 */
export async function trainEncoder(
  task: MakeTask<EncoderSpec>,
  context: ChildContext,
): Promise<ChildResult | null> {
  const { spec, directory } = task;
  const { seed, width, imageSize, batchSize } = spec;
  const images = await readSpecifiedImages('normal images', task);
  const write = imageBatches({ images, side: imageSize, seed, batchSize });
  const gan = fromPyTorch(ganParameters(width), await inputTensors(task, 'gan'));
  const { parameters } = encoder(width);
  const step = encoderStep(spec, { stepsACall: task.stepsACall ?? usualStepsACall(), mode: 'graph' });
  try {
    step.writeFrozen(gan);
    step.write(initialise(parameters, seed));
    const stretches = stretchesOf(spec.steps);
    const places = Array.from(
      { length: step.stepsACall },
      () => new Float32Array(batchSize * imageSize * imageSize),
    );
    const outcome = await runPhases<'encoder'>({
      step,
      turns: () => 'encoder',
      epochs: stretches.count,
      stepsPerEpoch: stretches.steps,
      lastEpoch: stretches.last,
      batchSize,
      inputs({ number, place }) {
        const target = places[place]!;
        write(number, target);
        return { images: target };
      },
      directory,
      checkpoint: task.checkpoint,
      context,
    });
    if (outcome === null) return null;
    const weights = await writeWeights(task, parameters, step.read());
    return trainedResult(task, outcome, { weights });
  } finally {
    step.dispose();
  }
}
