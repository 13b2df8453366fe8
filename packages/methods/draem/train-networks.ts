import { adam, byEpoch, type PhasedStep, phase, phasedStep, stepDecay, usualStepsACall } from '@ddad/compute';
import type { ChildResult, MakeTask } from '@ddad/jobs';
import type { ChildContext } from '@ddad/jobs/child';
import { readSpecifiedImages } from '@ddad/jobs/images';
import { runPhases } from '@ddad/jobs/training';
import { bufferNames, initialise, shapesOf, trainableNames, trainingPass } from '@ddad/models';
import { trainedResult, writeWeights } from '../trained-result.ts';
import { anomalyExamples, type Examples } from './examples.ts';
import type { NetworksSpec } from './kinds.ts';
import { draemLoss, draemNetworks } from './networks.ts';

/** When the learning rate falls, as shares of the epochs, and to which part of what it was. */
const decay = { at: [0.8, 0.9], factor: 0.2 };

/** The training step: both networks at once, the second one on what the first one gives. */
export function draemStep(
  spec: Pick<NetworksSpec, 'imageSize' | 'batchSize' | 'learningRate' | 'width' | 'epochs'>,
  {
    stepsPerEpoch,
    stepsACall,
    mode,
  }: { stepsPerEpoch: number; stepsACall?: number; mode: 'graph' | 'eager' },
): PhasedStep<'segment'> {
  const { imageSize, batchSize, learningRate, width, epochs } = spec;
  const networks = draemNetworks(width);
  const { trainable, buffers } = shapesOf(networks.parameters);
  const maps = [batchSize, imageSize, imageSize, 1];
  return phasedStep({
    weights: trainable,
    buffers,
    phases: {
      segment: phase({
        trains: trainableNames(networks.parameters),
        renews: bufferNames(networks.parameters),
        inputs: { images: maps, augmented: maps, masks: maps },
        loss(weights, running, { images, augmented, masks }) {
          const pass = trainingPass(weights, running);
          const { loss, ...parts } = draemLoss(networks.apply(augmented, pass), images, masks);
          return { loss, buffers: pass.renewed, watched: parts };
        },
        optimiser: adam({
          learningRate: byEpoch(
            stepsPerEpoch,
            stepDecay({
              from: learningRate,
              factor: decay.factor,
              at: decay.at.map((share) => share * epochs),
            }),
          ),
        }),
      }),
    },
    stepsACall,
    mode,
  });
}

/**
 * Trains DRAEM's networks, and writes their weights under the source's names, in PyTorch's layouts.
 * @throws ChildFault `invalid` where the images are not those that the specification names
 */
export async function trainNetworks(
  task: MakeTask<NetworksSpec>,
  context: ChildContext,
): Promise<ChildResult | null> {
  const { spec, directory } = task;
  const { seed, imageSize: side, batchSize, epochs } = spec;
  const images = await readSpecifiedImages('normal images', task);
  const write = anomalyExamples({ images, side, seed, batchSize });
  const stepsPerEpoch = Math.floor(task.images.length / batchSize);
  const { parameters } = draemNetworks(spec.width);
  const step = draemStep(spec, {
    stepsPerEpoch,
    stepsACall: task.stepsACall ?? usualStepsACall(),
    mode: 'graph',
  });
  try {
    step.write(initialise(parameters, seed));
    const pixels = () => new Float32Array(batchSize * side * side);
    const places = Array.from(
      { length: step.stepsACall },
      (): Examples => ({ images: pixels(), augmented: pixels(), masks: pixels() }),
    );
    const outcome = await runPhases({
      step,
      turns: () => 'segment',
      epochs,
      stepsPerEpoch,
      batchSize,
      inputs({ number, place }) {
        const target = places[place]!;
        write(number, target);
        return target;
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
