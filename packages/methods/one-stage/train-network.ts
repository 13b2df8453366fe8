import { availableParallelism } from 'node:os';
import {
  adam,
  backend,
  byEpoch,
  cosine,
  type PhasedStep,
  phase,
  phasedStep,
  sizeOf,
  type Tensor,
  tf,
  usualStepsACall,
} from '@ddad/compute';
import type { ChildResult, MakeTask } from '@ddad/jobs';
import type { ChildContext } from '@ddad/jobs/child';
import { readSpecifiedPixels } from '@ddad/jobs/images';
import { runPhases } from '@ddad/jobs/training';
import {
  bufferNames,
  initialise,
  residualEncoderDecoder,
  shapesOf,
  trainableNames,
  trainingPass,
} from '@ddad/models';
import { trainedResult, writeWeights } from '../trained-result.ts';
import { type AnomalyBatch, type AnomalyBatchesInput, anomalyBatches } from './anomaly-batches.ts';
import { type BatchesAhead, batchesAhead } from './batches-ahead.ts';
import { type OneStageDefinition, patchesOf } from './definition.ts';
import type { NetworkSpec } from './kinds.ts';

/** Of the first epoch's learning rate, what is left in the end. */
const lastShare = 1e-3;

/**
 * Mean binary cross-entropy over all pixels: softplus(z) − z·y of logits z and labels y in 0..1, which is −y·log p − (1 − y)·log(1 − p) of
 * p = 1/(1 + e⁻ᶻ) without a logarithm of 0.
 */
export function binaryCrossEntropy(logits: Tensor, labels: Tensor): Tensor {
  return tf.mean(tf.sub(tf.softplus(logits), tf.mul(logits, labels)));
}

/** The training step. */
export function networkStep(
  {
    imageSize,
    batchSize,
    learningRate,
    epochs,
  }: Pick<NetworkSpec, 'imageSize' | 'batchSize' | 'learningRate' | 'epochs'>,
  stepsPerEpoch: number,
  { stepsACall, mode }: { stepsACall?: number; mode: 'graph' | 'eager' },
): PhasedStep<'find'> {
  const network = residualEncoderDecoder();
  const { trainable, buffers } = shapesOf(network.parameters);
  const maps = [batchSize, imageSize, imageSize, 1];
  const rate = cosine({ from: learningRate, to: lastShare * learningRate, steps: epochs });
  return phasedStep({
    weights: trainable,
    buffers,
    phases: {
      find: phase({
        trains: trainableNames(network.parameters),
        renews: bufferNames(network.parameters),
        inputs: { images: maps, labels: maps },
        loss(weights, running, { images, labels }) {
          const pass = trainingPass(weights, running);
          return { loss: binaryCrossEntropy(network.apply(images, pass), labels), buffers: pass.renewed };
        },
        optimiser: adam({ learningRate: byEpoch(stepsPerEpoch, rate) }),
      }),
    },
    stepsACall,
    mode,
  });
}

/** Threads that make batches beside a GPU, at most. */
const mostThreads = 4;

/**
 * How many threads make batches ahead of the steps. A GPU is through with a step before one thread has made the next one's batch; a
 * processor is not, and has its own threads to do.
 */
const usualThreads = () =>
  backend().binding.isUsingGpuDevice() ? Math.max(1, Math.min(mostThreads, availableParallelism() - 1)) : 0;

/** Where the training's batches come from, step by step in order; `close` ends what makes them. */
function openBatches(
  input: AnomalyBatchesInput,
  steps: number,
  { threads, stepsACall }: { threads: number; stepsACall: number },
) {
  if (threads === 0) return { write: anomalyBatches(input), close: async () => {} };
  let ahead: BatchesAhead | null = null;
  return {
    write(step: number, target: AnomalyBatch) {
      // The first step is known when it comes: a training may go on from a checkpoint.
      ahead ??= batchesAhead(input, {
        workers: threads,
        places: stepsACall + threads,
        first: step,
        last: steps,
      });
      ahead.take(target);
    },
    close: async () => ahead?.close(),
  };
}

/**
 * Trains the network to find the patches that are blended into normal images, and writes its weights under the names and layouts of NSA's
 * code.
 * @param threads that make batches ahead of the steps; 0: they are made between two steps
 * @throws ChildFault `invalid` where the images are not those that the specification names
 */
export async function trainNetwork(
  definition: OneStageDefinition,
  task: MakeTask<NetworkSpec>,
  context: ChildContext,
  threads = usualThreads(),
): Promise<ChildResult | null> {
  const { spec, directory } = task;
  const { seed, imageSize: side, batchSize, epochs } = spec;
  const images = await readSpecifiedPixels('training images', task);
  const normals = spec.normals ?? task.images.length;
  const patches = patchesOf(definition, spec.normals !== undefined);
  const stepsPerEpoch = Math.floor(normals / batchSize);
  const { parameters } = residualEncoderDecoder();
  const step = networkStep(spec, stepsPerEpoch, {
    stepsACall: task.stepsACall ?? usualStepsACall(),
    mode: 'graph',
  });
  const batches = openBatches({ images, side, normals, patches, seed, batchSize }, epochs * stepsPerEpoch, {
    threads,
    stepsACall: step.stepsACall,
  });
  try {
    step.write(initialise(parameters, seed));
    const values = () => new Float32Array(sizeOf([batchSize, side, side]));
    const places = Array.from({ length: step.stepsACall }, () => ({ images: values(), labels: values() }));
    const outcome = await runPhases({
      step,
      turns: () => 'find',
      epochs,
      stepsPerEpoch,
      batchSize,
      inputs({ number, place }) {
        const target = places[place]!;
        batches.write(number, target);
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
    await batches.close();
  }
}
