import {
  backend,
  maskSeed,
  maskSeedSize,
  randomStream,
  type Shapes,
  type Tensor,
  type TensorData,
  tf,
  trainStep,
  usualStepsACall,
} from '@ddad/compute';
import type { ChildResult, MakeTask } from '@ddad/jobs';
import { type ChildContext, goesOn } from '@ddad/jobs/child';
import { readSpecifiedImages } from '@ddad/jobs/images';
import { runTraining } from '@ddad/jobs/training';
import { type BackboneModel, backbone, dropInTraining, initialise, shapesOf } from '@ddad/models';
import { trainedResult, writeWeights } from '../../trained-result.ts';
import { withEpochMeans } from '../averaging/epoch-means.ts';
import { type NormalisedNetwork, withFreshStatistics } from '../averaging/fresh-statistics.ts';
import { oneMoreEpoch, type TrainingEpochs } from '../averaging/one-more-epoch.ts';
import { type MemberSpec, recipeOf } from '../kinds.ts';
import { paperBeta1 } from '../member-beta.ts';
import { memberRecipes } from './member-recipe.ts';
import { loadRepulsion } from './repulsion.ts';
import { fedImages, residentImages, type TrainingImages } from './training-images.ts';

/** Adam's settings beside the learning rate, as the paper has them (method: "Reconstruction networks"). */
export const adam = { beta1: paperBeta1, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 } as const;

/**
 * Bytes of images, as float32, up to which they lie on the device. A GPU is spared a megabyte a step, but may have less memory than
 * its host. On a processor there is nothing to gain: the same time a step, and 0.07 GiB more for 3,000 images (measured).
 */
const mostResident = () => (backend().isUsingGpuDevice ? 2 ** 31 : 0);

/** @throws ChildFault `invalid` where the images are not those that the specification names */
async function readTrainingImages(
  task: MakeTask<MemberSpec>,
  residentBytes: number,
): Promise<TrainingImages> {
  const { spec } = task;
  const images = await readSpecifiedImages('training images', task);
  const make = images.byteLength > residentBytes ? fedImages : residentImages;
  return make(images, spec.imageSize, spec.batchSize);
}

/**
 * Trains one member (equations 1 and 2: one network, its own seed and shuffle), for MC Dropout with masks that seed, epoch and
 * place in it decide, with repulsion away from the members before it, and writes its weights under PyTorch's names and layouts.
 * @param options.residentBytes bytes of images up to which they lie on the device, else every batch is fed; default by the
 * device. Decides no bytes
 * @throws ChildFault `invalid` where the images are not those that the specification names
 */
export async function trainMember(
  task: MakeTask<MemberSpec>,
  context: ChildContext,
  { residentBytes = mostResident() }: { residentBytes?: number } = {},
): Promise<ChildResult | null> {
  const { spec, directory } = task;
  const images = await readTrainingImages(task, residentBytes);
  const { dropout: rate } = spec;
  const model = backbone(spec.backbone, spec.imageSize, spec);
  const parameters = model.parameters;
  const repulsion = await loadRepulsion(task, model);
  const { trainable, buffers } = shapesOf(parameters);
  const { averagedShare: share } = memberRecipes[recipeOf(spec)];
  const step = trainStep({
    trainable,
    buffers: buffers,
    frozen: { ...images.frozen, ...repulsion?.shapes },
    inputs: { ...images.inputs, ...masksOf(rate) },
    loss: (weights, running, inputs, frozen) => {
      const batch = images.batch(inputs, frozen);
      const drop = dropOf(rate, inputs);
      const { loss, buffers: renewed, codes } = model.loss(weights, running, { images: batch }, drop);
      if (repulsion === null) return { loss, buffers: renewed };
      return { loss: tf.add(loss, repulsion.term(codes, batch, frozen)), buffers: renewed };
    },
    optimiser: { ...adam, beta1: spec.beta1 ?? adam.beta1, learningRate: spec.learningRate },
    precision: spec.precision,
    stepsACall: task.stepsACall ?? usualStepsACall(),
    mode: 'graph',
  });
  try {
    step.write(initialise(parameters, spec.seed));
    images.moveInto(step, repulsion?.frozen);
    const loop = loopOver(task, images);
    const stepsPerEpoch = Math.floor(loop.images / loop.batchSize);
    const averaged =
      share === null ? null : withEpochMeans(step, { trainable, epochs: spec.epochs, stepsPerEpoch, share });
    const outcome = await runTraining({
      ...loop,
      step: averaged ?? step,
      directory,
      checkpoint: task.checkpoint,
      context,
    });
    if (outcome === null) return null;
    const started = performance.now();
    const tensors =
      averaged === null
        ? step.read()
        : await withOwnStatistics(task, model, averaged.read(), images, context);
    if (tensors === null) return null;
    const weights = await writeWeights(task, parameters, tensors, { backbone: spec.backbone });
    const seconds = outcome.seconds + (performance.now() - started) / 1000;
    return trainedResult(task, { ...outcome, seconds }, { weights });
  } finally {
    step.dispose();
  }
}

/** Averaged weights with the statistics of one more epoch. @param trained the step's images: those on its device are read again */
async function withOwnStatistics(
  task: MakeTask<MemberSpec>,
  { parameters, batchStatistics }: BackboneModel,
  weights: Map<string, TensorData>,
  trained: TrainingImages,
  context: ChildContext,
): Promise<Map<string, TensorData> | null> {
  const { dropout: rate } = task.spec;
  context.ready();
  const images = trained.resident ? await readTrainingImages(task, 0) : trained;
  const statistics: NormalisedNetwork['statistics'] = (own, inputs) =>
    batchStatistics(own, images.batch(inputs, {}), dropOf(rate, inputs));
  const shapes = { ...images.inputs, ...masksOf(rate) };
  const batches = oneMoreEpoch(loopOver(task, images));
  return withFreshStatistics({ parameters, statistics }, weights, batches, shapes, () => goesOn(context));
}

/** What is the same of a member's training and of the epoch behind it: sizes, order, and the inputs of a step that has these images. */
function loopOver(
  { spec, images: { length } }: MakeTask<MemberSpec>,
  images: TrainingImages,
): TrainingEpochs {
  const { seed, epochs, batchSize, dropout: rate } = spec;
  return {
    epochs,
    images: length,
    batchSize,
    order: (epoch) => randomStream(seed, 'order', epoch).shuffle(length),
    inputs: (epoch, order, start, place) => ({
      ...images.values(order, start, place),
      ...(rate !== undefined && { masks: maskSeed(seed, 'member', epoch, start) }),
    }),
  };
}

/** Dropout in training, by a step's inputs; none without a rate. */
const dropOf = (rate: number | undefined, { masks }: Record<string, Tensor>) =>
  rate === undefined ? undefined : dropInTraining(masks!, rate);

/** A step's input by which dropout's masks are drawn. */
const masksOf = (rate: number | undefined): Shapes => (rate === undefined ? {} : { masks: [maskSeedSize] });
