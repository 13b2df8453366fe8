import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { randomStream, recordedEnvironment, sizeOf, trainStep, usualStepsACall } from '@ddad/compute';
import type { ChildResult, MakeTask } from '@ddad/jobs';
import type { ChildContext } from '@ddad/jobs/child';
import { readSpecifiedImages } from '@ddad/jobs/images';
import { runTraining } from '@ddad/jobs/training';
import { asrNet, initialise, shapesOf, toPyTorch } from '@ddad/models';
import { encodeSafetensors } from '@ddad/storage/safetensors';
import type { RefinerInput, RefinerSpec } from '../kinds.ts';
import { loadEnsemble } from '../maps/ensemble.ts';
import { dropoutExamples, ensembleExamples } from './refiner-examples.ts';

/** Adam's settings beside learning rate and weight decay (method: "ASR-Net"). */
const adam = { beta1: 0.5, beta2: 0.999, epsilon: 1e-8 } as const;

/** Channels that a refiner reads, A_intra first. */
export function refinerChannels(input: RefinerInput): 1 | 2 {
  return input === 'dual' ? 2 : 1;
}

/**
 * Trains one ASR-Net on synthetic anomalies (section 3.5, eqs. 8 to 13): normal images, half of them with a foreign patch,
 * go through the frozen members, and the network learns to find the patch in their discrepancy maps.
 * @throws ChildFault `invalid` where the images are not those that the specification names
 */
export async function trainRefiner(
  task: MakeTask<RefinerSpec>,
  context: ChildContext,
): Promise<ChildResult | null> {
  const { spec, directory } = task;
  const { dropout, batchSize, imageSize: side } = spec;
  const pixels = await readSpecifiedImages('normal images', task);
  const images = { pixels, side, seed: spec.seed };
  const ensemble = await loadEnsemble(task);
  const network = asrNet({ inputs: refinerChannels(spec.input) });
  const { trainable, buffers } = shapesOf(network.parameters);
  const inputs = {
    maps: [batchSize, side, side, refinerChannels(spec.input)],
    labels: [batchSize, side, side, 1],
  };
  const step = trainStep({
    trainable,
    buffers,
    inputs,
    loss: (weights, running, { maps, labels }) =>
      network.loss(weights, running, { maps: maps!, labels: labels! }),
    optimiser: { ...adam, learningRate: spec.learningRate, weightDecay: spec.weightDecay },
    precision: spec.precision,
    stepsACall: task.stepsACall ?? usualStepsACall(),
    mode: 'graph',
  });
  const examples =
    dropout === undefined
      ? ensembleExamples(ensemble, images, directory)
      : dropoutExamples(ensemble, dropout, images, batchSize);
  try {
    step.write(initialise(network.parameters, spec.seed));
    const count = task.images.length;
    const places = Array.from({ length: step.stepsACall }, () => ({
      maps: new Float32Array(sizeOf(inputs.maps)),
      labels: new Float32Array(sizeOf(inputs.labels)),
    }));
    const outcome = await runTraining({
      step,
      epochs: spec.epochs,
      images: count,
      batchSize,
      order: (epoch) => randomStream(spec.seed, 'order', epoch).shuffle(count),
      inputs: (epoch, order, start, place) => {
        const target = places[place]!;
        examples.write(epoch, order, start, target);
        return target;
      },
      directory,
      checkpoint: task.checkpoint,
      context,
    });
    if (outcome === null) return null;
    const weights = join(directory, 'weights.safetensors');
    const metadata = { format: 'pt', refiner: spec.input, recipe: String(spec.recipe) };
    await writeFile(weights, encodeSafetensors(toPyTorch(network.parameters, step.read()), metadata));
    return { ...outcome, files: { weights }, environment: recordedEnvironment(task.threads) };
  } finally {
    examples.dispose();
    step.dispose();
  }
}
