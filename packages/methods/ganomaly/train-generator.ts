import { adam, type PhasedStep, phase, phasedStep, randomStream, type TensorData } from '@ddad/compute';
import type { ChildResult, MakeTask } from '@ddad/jobs';
import type { ChildContext } from '@ddad/jobs/child';
import { readSpecifiedImages } from '@ddad/jobs/images';
import { cycle, type EpochFigures, runPhases } from '@ddad/jobs/training';
import {
  bufferNames,
  initialise,
  type ParameterSpec,
  shapesOf,
  trainableNames,
  trainingPass,
} from '@ddad/models';
import { imageBatches } from '../image-batches.ts';
import { trainedResult, writeWeights } from '../trained-result.ts';
import { collapses, drawnAgainBelow } from './collapse.ts';
import type { GeneratorSpec } from './kinds.ts';
import { discriminatorLoss, generatorLoss } from './losses.ts';
import { discriminator, generator } from './networks.ts';

export type GanomalyPhase = 'generator' | 'discriminator';

/** Name of the state's buffer that holds x̂ of the generator's last step, of before its update. */
const reconstructions = 'reconstructions';

/**
 * The training step. The source takes both losses from one pass through all networks, then updates the generator, then the
 * discriminator: hence the generator's phase comes first, and keeps its reconstructions for the discriminator's.
 */
export function ganomalyStep(
  { imageSize, batchSize, learningRate }: Pick<GeneratorSpec, 'imageSize' | 'batchSize' | 'learningRate'>,
  { mode }: { mode: 'graph' | 'eager' },
): PhasedStep<GanomalyPhase> {
  const [maker, judge] = [generator(imageSize), discriminator(imageSize)];
  const { trainable, buffers } = shapesOf([...maker.parameters, ...judge.parameters]);
  const images = [batchSize, imageSize, imageSize, 1];
  const optimiser = adam({ learningRate });
  return phasedStep({
    weights: trainable,
    buffers: { ...buffers, [reconstructions]: images },
    phases: {
      generator: phase({
        trains: trainableNames(maker.parameters),
        renews: [...bufferNames(maker.parameters), reconstructions],
        inputs: { images },
        loss(weights, running, inputs) {
          const pass = trainingPass(weights, running);
          const made = maker.reconstruct(inputs.images, pass);
          // Real and reconstructed images are batches of their own, as the source has them; its statistics are not this phase's.
          const judging = () => trainingPass(weights, running);
          const { loss, terms } = generatorLoss(inputs.images, made, {
            real: judge.judge(inputs.images, judging()).features,
            reconstructed: judge.judge(made.image, judging()).features,
          });
          return { loss, buffers: { ...pass.renewed, [reconstructions]: made.image }, watched: terms };
        },
        optimiser,
      }),
      discriminator: phase({
        trains: trainableNames(judge.parameters),
        renews: bufferNames(judge.parameters),
        inputs: { images },
        loss(weights, running, inputs) {
          const pass = trainingPass(weights, running);
          const real = judge.judge(inputs.images, pass).logits;
          const loss = discriminatorLoss(real, judge.judge(running[reconstructions]!, pass).logits);
          return { loss, buffers: pass.renewed };
        },
        optimiser,
      }),
    },
    mode,
  });
}

/** All weights before the first step. */
export function firstWeights(imageSize: number, batchSize: number, seed: number): Map<string, TensorData> {
  const weights = initialise(
    [...generator(imageSize).parameters, ...discriminator(imageSize).parameters],
    seed,
  );
  const shape = [batchSize, imageSize, imageSize, 1];
  return weights.set(reconstructions, { shape, data: new Float32Array(batchSize * imageSize * imageSize) });
}

/**
 * The discriminator drawn anew, as the source does it: convolutions N(0, 0.02), scales of batch normalisations N(1, 0.02), offsets 0;
 * its linear layers, running statistics and Adam's moments stay as they are.
 * @param epoch the one that begins
 */
export function discriminatorAgain(imageSize: number, seed: number, epoch: number): Map<string, TensorData> {
  const normal = (mean: number) => ({ kind: 'normal', mean, deviation: 0.02 }) as const;
  const redrawn = discriminator(imageSize).parameters.flatMap((parameter): ParameterSpec[] => {
    if (parameter.kind === 'buffer') return [];
    if (parameter.name.endsWith('.model.0.weight')) return [{ ...parameter, initial: normal(0) }];
    if (parameter.name.endsWith('.model.1.weight')) return [{ ...parameter, initial: normal(1) }];
    if (parameter.name.endsWith('.model.1.bias')) return [parameter];
    return [];
  });
  return initialise(redrawn, randomStream(seed, 'discriminator', epoch).integer(0, 2 ** 31 - 1));
}

/**
 * Draws a discriminator anew that won the epoch before: a function of seed, epoch and that epoch's loss, and so the same where a
 * training is resumed.
 * @param figures of the epochs so far
 */
export function drawAgainWhereItWon(
  step: Pick<PhasedStep, 'replace'>,
  { imageSize, seed }: Pick<GeneratorSpec, 'imageSize' | 'seed'>,
  epoch: number,
  figures: readonly EpochFigures[],
): void {
  const loss = figures.at(-1)?.discriminator;
  if (loss !== undefined && loss < drawnAgainBelow) step.replace(discriminatorAgain(imageSize, seed, epoch));
}

/**
 * Trains the generator and the discriminator in turns, and writes the generator's weights of the last epoch under MedIAnomaly's names.
 * @throws ChildFault `invalid` where the images are not those that the specification names; `diverged` where the discriminator
 * collapsed, or a figure is not finite
 */
export async function trainGenerator(
  task: MakeTask<GeneratorSpec>,
  context: ChildContext,
): Promise<ChildResult | null> {
  const { spec, directory } = task;
  const { seed, imageSize, batchSize, epochs } = spec;
  const images = await readSpecifiedImages('normal images', task);
  const write = imageBatches({ images, side: imageSize, seed, batchSize });
  const batch = new Float32Array(batchSize * imageSize * imageSize);
  const step = ganomalyStep(spec, { mode: 'graph' });
  try {
    step.write(firstWeights(imageSize, batchSize, seed));
    const outcome = await runPhases({
      step,
      turns: cycle(['generator', 1], ['discriminator', 1]),
      epochs,
      stepsPerEpoch: 2 * Math.floor(task.images.length / batchSize),
      // Two steps, one of each network, see the same images.
      batchSize: batchSize / 2,
      inputs({ number }) {
        write(number, batch);
        return { images: batch };
      },
      beforeEpoch(epoch, figures) {
        drawAgainWhereItWon(step, spec, epoch, figures);
        return 'go on';
      },
      collapses,
      leads: 'generator',
      directory,
      checkpoint: task.checkpoint,
      context,
    });
    if (outcome === null) return null;
    const weights = await writeWeights(task, generator(imageSize).parameters, step.read());
    return trainedResult(task, outcome, { weights });
  } finally {
    step.dispose();
  }
}
