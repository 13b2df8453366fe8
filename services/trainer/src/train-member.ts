import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { maskSeed, maskSeedSize, randomStream, recordedEnvironment, trainStep } from '@ddad/compute';
import { gatherBatch, networkInput, pixelsDigest, readImages } from '@ddad/dataset/packed-pixels';
import type { ChildResult } from '@ddad/jobs';
import { type ChildContext, ChildFault } from '@ddad/jobs/child';
import { runTraining } from '@ddad/jobs/training';
import { backbone, dropInTraining, initialise, shapesOf, toPyTorch } from '@ddad/models';
import { encodeSafetensors } from '@ddad/storage/safetensors';
import type { MemberTask } from './member-task.ts';

/** Adam's settings beside the learning rate (method: "Reconstruction networks"). */
const adam = { beta1: 0.5, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 } as const;

/**
 * Trains one member (equations 1 and 2: one network, its own seed and shuffle), for MC Dropout with masks that seed, epoch and
 * place in it decide, and writes its weights under PyTorch's names and layouts.
 * @throws ChildFault `invalid` where the images are not those that the specification names
 */
export async function trainMember(task: MemberTask, context: ChildContext): Promise<ChildResult | null> {
  const { spec, directory } = task;
  const pixels = await readImages(task.pixels, spec.imageSize, task.images);
  const digest = pixelsDigest(pixels);
  if (digest !== spec.imagesDigest) {
    throw new ChildFault('invalid', `training images: expected digest ${spec.imagesDigest}, got ${digest}`);
  }
  const images = networkInput(pixels);
  const area = spec.imageSize ** 2;
  const { dropout: rate } = spec;
  const model = backbone(spec.backbone, spec.imageSize);
  const parameters = model.parameters;
  const { trainable, buffers } = shapesOf(parameters);
  const step = trainStep({
    trainable,
    buffers,
    inputs: {
      images: [spec.batchSize, spec.imageSize, spec.imageSize, 1],
      ...(rate === undefined ? {} : { masks: [maskSeedSize] }),
    },
    loss: (weights, running, { images: batch, masks }) =>
      model.loss(
        weights,
        running,
        { images: batch },
        rate === undefined ? undefined : dropInTraining(masks, rate),
      ),
    optimiser: { ...adam, learningRate: spec.learningRate },
    precision: spec.precision,
    mode: 'graph',
  });
  try {
    step.write(initialise(parameters, spec.seed));
    const batch = new Float32Array(spec.batchSize * area);
    const outcome = await runTraining({
      step,
      epochs: spec.epochs,
      images: task.images.length,
      batchSize: spec.batchSize,
      order: (epoch) => randomStream(spec.seed, 'order', epoch).shuffle(task.images.length),
      inputs: (epoch, order, start) => {
        gatherBatch(images, area, order, start, batch);
        return {
          images: batch,
          ...(rate !== undefined && { masks: maskSeed(spec.seed, 'member', epoch, start) }),
        };
      },
      directory,
      checkpoint: task.checkpoint,
      context,
    });
    if (outcome === null) return null;
    const weights = join(directory, 'weights.safetensors');
    const metadata = { format: 'pt', backbone: spec.backbone, recipe: String(spec.recipe) };
    await writeFile(weights, encodeSafetensors(toPyTorch(parameters, step.read()), metadata));
    return { ...outcome, files: { weights }, environment: recordedEnvironment(task.threads) };
  } finally {
    step.dispose();
  }
}
