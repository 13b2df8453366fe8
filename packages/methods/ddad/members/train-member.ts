import { backend, maskSeed, maskSeedSize, randomStream, tf, trainStep, usualStepsACall } from '@ddad/compute';
import type { ChildResult, MakeTask } from '@ddad/jobs';
import type { ChildContext } from '@ddad/jobs/child';
import { readSpecifiedImages } from '@ddad/jobs/images';
import { runTraining } from '@ddad/jobs/training';
import { backbone, dropInTraining, initialise, shapesOf } from '@ddad/models';
import { trainedResult, writeWeights } from '../../trained-result.ts';
import type { MemberSpec } from '../kinds.ts';
import { loadRepulsion } from './repulsion.ts';
import { fedImages, residentImages, type TrainingImages } from './training-images.ts';

/** Adam's settings beside the learning rate (method: "Reconstruction networks"). */
const adam = { beta1: 0.5, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 } as const;

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
  const step = trainStep({
    trainable,
    buffers,
    frozen: { ...images.frozen, ...repulsion?.shapes },
    inputs: { ...images.inputs, ...(rate === undefined ? {} : { masks: [maskSeedSize] }) },
    loss: (weights, running, inputs, frozen) => {
      const batch = images.batch(inputs, frozen);
      const drop = rate === undefined ? undefined : dropInTraining(inputs.masks!, rate);
      const { loss, buffers: renewed, codes } = model.loss(weights, running, { images: batch }, drop);
      if (repulsion === null) return { loss, buffers: renewed };
      return { loss: tf.add(loss, repulsion.term(codes, batch, frozen)), buffers: renewed };
    },
    optimiser: { ...adam, learningRate: spec.learningRate },
    precision: spec.precision,
    stepsACall: task.stepsACall ?? usualStepsACall(),
    mode: 'graph',
  });
  try {
    step.write(initialise(parameters, spec.seed));
    images.moveInto(step, repulsion?.frozen);
    const outcome = await runTraining({
      step,
      epochs: spec.epochs,
      images: task.images.length,
      batchSize: spec.batchSize,
      order: (epoch) => randomStream(spec.seed, 'order', epoch).shuffle(task.images.length),
      inputs: (epoch, order, start, place) => ({
        ...images.values(order, start, place),
        ...(rate !== undefined && { masks: maskSeed(spec.seed, 'member', epoch, start) }),
      }),
      directory,
      checkpoint: task.checkpoint,
      context,
    });
    if (outcome === null) return null;
    const weights = await writeWeights(task, parameters, step.read(), { backbone: spec.backbone });
    return trainedResult(task, outcome, { weights });
  } finally {
    step.dispose();
  }
}
