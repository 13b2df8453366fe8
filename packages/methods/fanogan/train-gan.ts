import { adam, type PhasedStep, phase, phasedStep, randomStream, tf, usualStepsACall } from '@ddad/compute';
import type { ChildResult, MakeTask } from '@ddad/jobs';
import type { ChildContext } from '@ddad/jobs/child';
import { readSpecifiedImages } from '@ddad/jobs/images';
import { cycle, runPhases } from '@ddad/jobs/training';
import {
  bufferNames,
  initialise,
  type ParameterSpec,
  shapesOf,
  trainableNames,
  trainingPass,
} from '@ddad/models';
import { imageBatches } from '../image-batches.ts';
import { stretchesOf } from '../stretches.ts';
import { trainedResult, writeWeights } from '../trained-result.ts';
import { codeSize } from './architecture.ts';
import { collapses } from './collapse.ts';
import type { GanSpec } from './kinds.ts';
import { criticLoss, spreadOf } from './losses.ts';
import { critic, generator } from './networks.ts';
import { criticTurns } from './settings.ts';

export type GanPhase = 'critic' | 'generator';

/** Adam's, beside the learning rate. */
const betas = { beta1: 0, beta2: 0.9 };

/** The parameters of both networks, the generator's first. */
export function ganParameters(width: number): ParameterSpec[] {
  return [...generator(width).parameters, ...critic(width).parameters];
}

/** The training step. The generator's batch normalisation goes by the batch in either phase; its own phase alone renews its statistics. */
export function ganStep(
  {
    width,
    batchSize,
    imageSize,
    learningRate,
  }: Pick<GanSpec, 'width' | 'batchSize' | 'imageSize' | 'learningRate'>,
  { stepsACall, mode }: { stepsACall?: number; mode: 'graph' | 'eager' },
): PhasedStep<GanPhase> {
  const [maker, judge] = [generator(width), critic(width)];
  const { trainable, buffers } = shapesOf(ganParameters(width));
  const codes = [batchSize, codeSize];
  const optimiser = adam({ learningRate, ...betas });
  return phasedStep({
    weights: trainable,
    buffers,
    phases: {
      critic: phase({
        trains: trainableNames(judge.parameters),
        inputs: { images: [batchSize, imageSize, imageSize, 1], codes, mix: [batchSize, 1, 1, 1] },
        loss(weights, running, { images, codes: z, mix }) {
          const fake = maker.apply(z, trainingPass(weights, running));
          const { loss, ...watched } = criticLoss(judge, trainingPass(weights), { real: images, fake, mix });
          return { loss, watched };
        },
        optimiser,
      }),
      generator: phase({
        trains: trainableNames(maker.parameters),
        renews: bufferNames(maker.parameters),
        inputs: { codes },
        loss(weights, running, { codes: z }) {
          const pass = trainingPass(weights, running);
          const fake = maker.apply(z, pass);
          return {
            loss: tf.neg(tf.mean(judge.judge(fake, trainingPass(weights)))),
            buffers: pass.renewed,
            watched: { spread: spreadOf(fake) },
          };
        },
        optimiser,
      }),
    },
    stepsACall,
    mode,
  });
}

/**
 * Trains the GAN: five steps of the critic, then one of the generator; writes both networks' weights under PyTorch's layouts.
 * @throws ChildFault `invalid` where the images are not those that the specification names; `diverged` where critic or generator
 * collapsed, or a figure, such as the gradient penalty, is not finite
 */
export async function trainGan(task: MakeTask<GanSpec>, context: ChildContext): Promise<ChildResult | null> {
  const { spec, directory } = task;
  const { seed, width, imageSize, batchSize } = spec;
  const images = await readSpecifiedImages('normal images', task);
  const write = imageBatches({ images, side: imageSize, seed, batchSize });
  const parameters = ganParameters(width);
  const step = ganStep(spec, { stepsACall: task.stepsACall ?? usualStepsACall(), mode: 'graph' });
  try {
    step.write(initialise(parameters, seed));
    const stretches = stretchesOf(spec.steps);
    /** Of both networks together, for one of the generator. */
    const stepsATurn = criticTurns + 1;
    const places = Array.from({ length: step.stepsACall }, () => ({
      images: new Float32Array(batchSize * imageSize * imageSize),
      codes: new Float32Array(batchSize * codeSize),
      mix: new Float32Array(batchSize),
    }));
    const outcome = await runPhases<GanPhase>({
      step,
      turns: cycle(['critic', criticTurns], ['generator', 1]),
      epochs: stretches.count,
      stepsPerEpoch: stretches.steps * stepsATurn,
      lastEpoch: stretches.last * stepsATurn,
      batchSize,
      inputs({ phase: name, number, place }) {
        const target = places[place]!;
        randomStream(seed, 'codes', name, number).fillNormal(0, 1, target.codes);
        if (name === 'generator') return { codes: target.codes };
        write(number, target.images);
        randomStream(seed, 'mix', number).fillUniform(0, 1, target.mix);
        return target;
      },
      collapses,
      leads: 'critic',
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
