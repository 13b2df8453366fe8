import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  cosine,
  type PhasedStep,
  phase,
  phasedStep,
  recordedEnvironment,
  sgd,
  sizeOf,
  usualStepsACall,
} from '@ddad/compute';
import type { ChildResult, MakeTask } from '@ddad/jobs';
import { type ChildContext, goesOn } from '@ddad/jobs/child';
import { readSpecifiedImages } from '@ddad/jobs/images';
import { runPhases } from '@ddad/jobs/training';
import {
  bufferNames,
  initialise,
  resnet18Features,
  shapesOf,
  toPyTorch,
  trainableNames,
  trainingPass,
} from '@ddad/models';
import { encodeSafetensors } from '@ddad/storage/safetensors';
import { classBatches } from './class-batches.ts';
import { classifier, crossEntropy } from './classifier.ts';
import { classes } from './cut-and-paste.ts';
import { unitFeatures } from './features.ts';
import type { ClassifierSpec } from './kinds.ts';
import { stretchesOf } from './stretches.ts';

/** SGD's settings beside the learning rate. */
const momentum = 0.9;
const weightDecay = 3e-5;

/** The training step: all classes of a batch of images at once, as batch normalisation sees them together. */
export function classifierStep(
  {
    imageSize,
    batchSize,
    learningRate,
    steps,
  }: Pick<ClassifierSpec, 'imageSize' | 'batchSize' | 'learningRate' | 'steps'>,
  { stepsACall, mode }: { stepsACall?: number; mode: 'graph' | 'eager' },
): PhasedStep<'classify'> {
  const network = classifier();
  const { trainable, buffers } = shapesOf(network.parameters);
  return phasedStep({
    weights: trainable,
    buffers,
    phases: {
      classify: phase({
        trains: trainableNames(network.parameters),
        renews: bufferNames(network.parameters),
        inputs: { images: [classes.length * batchSize, imageSize, imageSize, 1] },
        loss(weights, running, { images }) {
          const pass = trainingPass(weights, running);
          return { loss: crossEntropy(network.classify(images, pass)), buffers: pass.renewed };
        },
        optimiser: sgd({ learningRate: cosine({ from: learningRate, steps }), momentum, weightDecay }),
      }),
    },
    stepsACall,
    mode,
  });
}

/**
 * CutPaste's first stage: trains the network to tell the classes apart, and writes its weights under PyTorch's names and layouts, and
 * the features of the images that it was trained on, which the second stage takes for what normal ones are like.
 * @throws ChildFault `invalid` where the images are not those that the specification names
 */
export async function trainClassifier(
  task: MakeTask<ClassifierSpec>,
  context: ChildContext,
): Promise<ChildResult | null> {
  const { spec, directory } = task;
  const { seed, imageSize: side, batchSize } = spec;
  const images = await readSpecifiedImages('normal images', task);
  const write = classBatches({ images, side, seed, batchSize });
  const { parameters } = classifier();
  const step = classifierStep(spec, { stepsACall: task.stepsACall ?? usualStepsACall(), mode: 'graph' });
  try {
    step.write(initialise(parameters, seed));
    const stretches = stretchesOf(spec.steps);
    const places = Array.from(
      { length: step.stepsACall },
      () => new Float32Array(sizeOf([classes.length * batchSize, side, side])),
    );
    const outcome = await runPhases({
      step,
      turns: () => 'classify',
      epochs: stretches.count,
      stepsPerEpoch: stretches.steps,
      batchSize,
      inputs({ number, place }) {
        const target = places[place]!;
        write(number, target);
        return { images: target };
      },
      directory,
      checkpoint: task.checkpoint,
      context,
    });
    if (outcome === null) return null;
    const weights = step.read();
    // TensorFlow has another graph to compile.
    context.ready();
    const features = await unitFeatures({ weights, images, side }, () => goesOn(context));
    if (features === null) return null;
    const files = {
      weights: join(directory, 'weights.safetensors'),
      features: join(directory, 'features.safetensors'),
    };
    const metadata = { format: 'pt', recipe: String(spec.recipe) };
    await writeFile(files.weights, encodeSafetensors(toPyTorch(parameters, weights), metadata));
    const shape = [features.length / resnet18Features, resnet18Features];
    await writeFile(files.features, encodeSafetensors(new Map([['features', { shape, data: features }]])));
    const { loss, history, seconds } = outcome;
    return { loss, history, seconds, files, environment: recordedEnvironment(task.threads) };
  } finally {
    step.dispose();
  }
}
