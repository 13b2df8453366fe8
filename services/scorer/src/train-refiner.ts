import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { applyPatch, drawPatch, patchLabel } from '@ddad/anomaly';
import {
  maskSeed,
  maskSeedSize,
  randomStream,
  recordedEnvironment,
  type Shapes,
  type Tensor,
  tf,
  trainStep,
  usualStepsACall,
} from '@ddad/compute';
import type { RefinerInput } from '@ddad/contract';
import { networkInput, pixelsDigest, readImages } from '@ddad/dataset/packed-pixels';
import type { ChildResult } from '@ddad/jobs';
import { type ChildContext, ChildFault } from '@ddad/jobs/child';
import { runTraining } from '@ddad/jobs/training';
import { asrNet, initialise, shapesOf, toPyTorch } from '@ddad/models';
import { encodeSafetensors } from '@ddad/storage/safetensors';
import { discrepanciesOfPasses } from './dropout-passes.ts';
import { discrepancies, loadEnsemble } from './ensemble.ts';
import type { RefineTask } from './tasks.ts';

/** Adam's settings beside learning rate and weight decay (method: "ASR-Net"). */
const adam = { beta1: 0.5, beta2: 0.999, epsilon: 1e-8 } as const;

/** Channels that a refiner reads, A_intra first. */
export function refinerChannels(input: RefinerInput): 1 | 2 {
  return input === 'dual' ? 2 : 1;
}

/**
 * Trains one ASR-Net on synthetic anomalies (section 3.5, eqs. 8 to 13): normal images, half of them with a foreign patch,
 * go through the frozen members, and the network learns to find the patch in their discrepancy maps. All of it is one
 * compiled step. With MC Dropout, passes stand for the members, and every step has new masks.
 */
export async function trainRefiner(task: RefineTask, context: ChildContext): Promise<ChildResult | null> {
  const { spec, directory } = task;
  const { dropout } = spec;
  const side = spec.imageSize;
  const area = side * side;
  const pixels = await readImages(task.pixels, side, task.images);
  const digest = pixelsDigest(pixels);
  if (digest !== spec.imagesDigest) {
    throw new ChildFault('invalid', `normal images: expected digest ${spec.imagesDigest}, got ${digest}`);
  }
  const images = networkInput(pixels);
  const count = task.images.length;
  const image = (position: number) => images.subarray(position * area, (position + 1) * area);
  const ensemble = await loadEnsemble(spec.backbone, spec.imageSize, task.members);
  const frozen: Shapes = {};
  for (const [name, { shape }] of ensemble.weights) frozen[name] = shape;
  const network = asrNet({ inputs: refinerChannels(spec.input) });
  const { trainable, buffers } = shapesOf(network.parameters);
  const shape = [spec.batchSize, side, side, 1];
  const step = trainStep({
    trainable,
    buffers,
    frozen,
    inputs: { images: shape, labels: shape, ...(dropout === undefined ? {} : { masks: [maskSeedSize] }) },
    loss: (weights, running, inputs, members) => {
      const { aIntra, aInter } =
        dropout === undefined
          ? discrepancies(ensemble, members, inputs.images)
          : discrepanciesOfPasses(ensemble, dropout, members, { images: inputs.images, seed: inputs.masks });
      const maps: Tensor = aInter === null ? aIntra : tf.concat([aIntra, aInter], 3);
      return network.loss(weights, running, { maps, labels: inputs.labels });
    },
    optimiser: { ...adam, learningRate: spec.learningRate, weightDecay: spec.weightDecay },
    precision: spec.precision,
    stepsACall: task.stepsACall ?? usualStepsACall(),
    mode: 'graph',
  });
  try {
    step.writeFrozen(ensemble.weights);
    step.write(initialise(network.parameters, spec.seed));
    const room = () => new Float32Array(spec.batchSize * area);
    const places = Array.from({ length: step.stepsACall }, () => ({ images: room(), labels: room() }));
    const outcome = await runTraining({
      step,
      epochs: spec.epochs,
      images: count,
      batchSize: spec.batchSize,
      order: (epoch) => randomStream(spec.seed, 'order', epoch).shuffle(count),
      inputs: (epoch, order, start, place) => {
        const { images: batch, labels } = places[place];
        for (let i = 0; i < spec.batchSize; i++) {
          const position = order[start + i];
          const target = batch.subarray(i * area, (i + 1) * area);
          const patch = drawPatch(randomStream(spec.seed, 'patch', epoch, position), position, count, side);
          if (patch === null) target.set(image(position));
          else applyPatch(target, image(position), image(patch.source), patch);
          patchLabel(labels.subarray(i * area, (i + 1) * area), patch);
        }
        return {
          images: batch,
          labels,
          ...(dropout !== undefined && { masks: maskSeed(dropout.seed, 'refiner', epoch, start) }),
        };
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
    step.dispose();
  }
}
