import {
  adam,
  type PhasedStep,
  phase,
  phasedStep,
  poly,
  type TensorData,
  usualStepsACall,
} from '@ddad/compute';
import type { ChildResult, MakeTask } from '@ddad/jobs';
import { type ChildContext, goesOn } from '@ddad/jobs/child';
import { readSpecifiedImages } from '@ddad/jobs/images';
import { type Collapse, cycle, runPhases } from '@ddad/jobs/training';
import {
  bufferNames,
  inferencePass,
  initialise,
  type ParameterSpec,
  shapesOf,
  type Tensors,
  trainableNames,
} from '@ddad/models';
import { givenResnet18 } from '../given-resnet18.ts';
import { imageNetImages } from '../imagenet-images.ts';
import { trainedResult, writeTensors, writeWeights } from '../trained-result.ts';
import { codesOf, descriptorOf, descriptorTensors } from './descriptor.ts';
import type { NetworksSpec } from './kinds.ts';
import { criticLoss, generatorLoss } from './losses.ts';
import { type MixedBatch, mixedBatches } from './mixed-batches.ts';
import { encodingPass, igdNetworks, latentSize } from './networks.ts';

/** Of both Adams, and of the generator's alone. */
const betas = { beta1: 0, beta2: 0.9 };
const weightDecay = 1e-6;
const power = 0.9;
/** Epochs between two renewals of c and σ. */
const renewal = 10;

/** A critic that says 0 of everything has a loss of 1/12, the mean of α²; one far above it has run away, and tells the decoder nothing. */
const collapses: readonly Collapse[] = [
  { who: 'critic', figure: 'critic', meaning: 'its mean loss', above: 1, times: 3, of: 5 },
];

export type IgdPhase = 'generator' | 'critic';

/** All parameters, in the order of the networks. */
export function igdParameters(imageSize: number, width: number): ParameterSpec[] {
  const { encoder, projection, decoder, critic } = igdNetworks(imageSize, width);
  return [encoder, projection, decoder, critic].flatMap(({ parameters }) => parameters);
}

/**
 * The training step. Phase `generator` trains encoder, projection and decoder, `critic` the critic; both take the same batch in turns. The
 * decoder's batch normalisation keeps its first statistics, 0 and 1: the source's training leaves it in inference mode, and so it acts as a
 * scale and an offset. The encoder's goes by the batch in both phases, of which `generator` alone renews the running statistics that scores
 * are made with; with pretrained weights the encoder is frozen.
 */
export function igdStep(
  spec: Pick<NetworksSpec, 'imageSize' | 'batchSize' | 'learningRate' | 'width' | 'epochs' | 'pretrained'>,
  {
    stepsPerEpoch,
    stepsACall,
    mode,
  }: { stepsPerEpoch: number; stepsACall?: number; mode: 'graph' | 'eager' },
): PhasedStep<IgdPhase> {
  const { imageSize, batchSize, learningRate, width, epochs } = spec;
  const networks = igdNetworks(imageSize, width);
  const isFrozen = spec.pretrained !== undefined;
  const { encoder, projection, decoder, critic } = networks;
  const generator = [...(isFrozen ? [] : [encoder]), projection, decoder];
  const { trainable, buffers } = shapesOf([...generator, critic].flatMap(({ parameters }) => parameters));
  const fixed = shapesOf(isFrozen ? encoder.parameters : []);
  const inputs = { images: [batchSize, imageSize, imageSize, 1], alpha: [batchSize, 1] };
  const rate = poly({ from: learningRate, power, steps: epochs * stepsPerEpoch });
  const encodingOf = (weights: Tensors, running: Tensors, frozen: Tensors) =>
    encodingPass({ ...weights, ...frozen }, { ...running, ...frozen }, isFrozen);
  return phasedStep({
    weights: trainable,
    buffers: { ...buffers, centre: [latentSize], sigma: [1] },
    frozen: { ...fixed.trainable, ...fixed.buffers },
    phases: {
      generator: phase({
        trains: generator.flatMap(({ parameters }) => trainableNames(parameters)),
        renews: isFrozen ? [] : bufferNames(encoder.parameters),
        inputs,
        loss(weights, running, { images, alpha }, frozen) {
          const { centre, sigma } = running as { centre: typeof images; sigma: typeof images };
          const encoding = encodingOf(weights, running, frozen);
          const others = inferencePass(weights, running);
          const x = imageNetImages(images);
          const { loss, ...parts } = generatorLoss(
            { networks, x, alpha, encoding, others },
            { centre, sigma },
          );
          return { loss, buffers: encoding.renewed, watched: parts };
        },
        optimiser: adam({ learningRate: rate, ...betas, weightDecay }),
      }),
      critic: phase({
        trains: trainableNames(critic.parameters),
        inputs,
        loss(weights, running, { images, alpha }, frozen) {
          const encoding = encodingOf(weights, running, frozen);
          const others = inferencePass(weights, running);
          const x = imageNetImages(images);
          const { loss, ...parts } = criticLoss({ networks, x, alpha, encoding, others });
          return { loss, watched: parts };
        },
        optimiser: adam({ learningRate: rate, ...betas }),
      }),
    },
    stepsACall,
    mode,
  });
}

/** Pretrained weights of the encoder under their names here; empty where it has none. */
async function givenEncoder(task: MakeTask<NetworksSpec>): Promise<Map<string, TensorData>> {
  if (task.spec.pretrained === undefined) return new Map();
  const { parameters } = igdNetworks(task.spec.imageSize, task.spec.width).encoder;
  return givenResnet18(task, parameters, 'encoder.');
}

/**
 * Trains IGD's networks, and writes their weights under PyTorch's names and layouts, and c and σ of the normal images' codes.
 * @throws ChildFault `invalid` where the images are not those that the specification names
 */
export async function trainNetworks(
  task: MakeTask<NetworksSpec>,
  context: ChildContext,
): Promise<ChildResult | null> {
  const { spec, directory } = task;
  const { seed, imageSize: side, batchSize, epochs, width } = spec;
  const images = await readSpecifiedImages('normal images', task);
  const write = mixedBatches({ images, side, seed, batchSize });
  const stepsPerEpoch = Math.floor(task.images.length / batchSize);
  const parameters = igdParameters(side, width);
  const step = igdStep(spec, {
    stepsPerEpoch,
    stepsACall: task.stepsACall ?? usualStepsACall(),
    mode: 'graph',
  });
  try {
    const zeros = descriptorTensors({ centre: new Float32Array(latentSize), sigma: 1 });
    const given = await givenEncoder(task);
    const first = [...initialise(parameters, seed)].filter(([name]) => !given.has(name));
    step.write(new Map([...first, ...zeros]));
    if (given.size > 0) step.writeFrozen(given);
    const places = Array.from(
      { length: step.stepsACall },
      (): MixedBatch => ({
        images: new Float32Array(batchSize * side * side),
        alpha: new Float32Array(batchSize),
      }),
    );
    /** Images of an epoch's steps, one batch after the other in the same memory. */
    function* imagesOf(epoch: number): Iterable<Float32Array> {
      const [target] = places as [MixedBatch];
      for (let at = 0; at < stepsPerEpoch; at += 1) {
        write(epoch * stepsPerEpoch + at, target);
        yield target.images;
      }
    }
    const outcome = await runPhases<IgdPhase>({
      step,
      turns: cycle(['generator', 1], ['critic', 1]),
      leads: 'generator',
      collapses,
      epochs,
      stepsPerEpoch: 2 * stepsPerEpoch,
      batchSize,
      inputs({ number, place }) {
        const target = places[place]!;
        write(number, target);
        return target;
      },
      async beforeEpoch(epoch) {
        if (epoch % renewal !== 0) return 'go on';
        // TensorFlow has another graph to compile, and codes of all images to compute.
        context.ready();
        const tensors = step.read();
        const weights = new Map([...tensors, ...given]);
        const coding = { weights, side, width, batchSize, isFrozen: given.size > 0 };
        const codes = await codesOf(coding, imagesOf(epoch), () => goesOn(context));
        if (codes === null) return 'stop';
        const before = epoch === 0 ? null : tensors.get('centre')!.data;
        step.replace(descriptorTensors(descriptorOf(codes, before, batchSize)));
        // The first time, the training's own graph is still to be compiled.
        context.ready();
        return 'go on';
      },
      directory,
      checkpoint: task.checkpoint,
      context,
    });
    if (outcome === null) return null;
    const tensors = new Map([...step.read(), ...given]);
    const [centre, sigma] = [tensors.get('centre')!, tensors.get('sigma')!];
    const descriptor = new Map([
      ['centre', centre],
      ['sigma', sigma],
    ]);
    return trainedResult(task, outcome, {
      weights: await writeWeights(task, parameters, tensors),
      descriptor: await writeTensors(task, 'descriptor', descriptor),
    });
  } finally {
    step.dispose();
  }
}
